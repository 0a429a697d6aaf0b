// @vitest-environment jsdom
// happy-dom ends DOMPurify’s walk after the first element; jsdom walks as browsers do.
import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { byRole } from '../test/mount'
import MessageBody from './MessageBody.vue'

const TWO = 'see [one](https://a.example/1) and [two](https://a.example/2)'

describe('a message’s body', () => {
  it('names the link that is clicked, and follows it nowhere itself', () => {
    const wrapper = mount(MessageBody, { props: { body: TWO }, attachTo: document.body })
    const click = new MouseEvent('click', { bubbles: true, cancelable: true })
    byRole(wrapper.element, 'link', 'two').dispatchEvent(click)
    expect(click.defaultPrevented).toBe(true)
    expect(wrapper.emitted('follow')).toEqual([['https://a.example/2']])
  })

  it('is followed with the Enter key, too', () => {
    const wrapper = mount(MessageBody, { props: { body: TWO }, attachTo: document.body })
    const link = byRole(wrapper.element, 'link', 'one')
    expect(link.tabIndex).toBe(0)
    link.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    expect(wrapper.emitted('follow')).toEqual([['https://a.example/1']])
  })

  it('does nothing when a word is clicked that is no link', () => {
    const wrapper = mount(MessageBody, { props: { body: TWO } })
    wrapper.element.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    expect(wrapper.emitted('follow')).toBeUndefined()
  })

  it('is plain text when it is very long, cut until all of it is asked for', async () => {
    const body = '![ **a** '.repeat(20_000)
    const wrapper = mount(MessageBody, { props: { body }, attachTo: document.body })
    expect(wrapper.find('strong').exists()).toBe(false)
    expect(wrapper.text()).toContain('shown as plain text')
    expect(wrapper.element.textContent.length).toBeLessThan(70_000)
    byRole(wrapper.element, 'button', 'Show all (180,000 characters)').click()
    await wrapper.vm.$nextTick()
    expect(wrapper.element.textContent.length).toBeGreaterThanOrEqual(body.length)
    await wrapper.setProps({ body: `${body}!` })
    expect(wrapper.element.textContent.length, 'the next one begins cut').toBeLessThan(70_000)
  })
})
