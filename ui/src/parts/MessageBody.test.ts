// @vitest-environment jsdom
// happy-dom ends DOMPurify’s walk after the first element; jsdom walks as browsers do.
import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { byRole } from '../test/mount'
import MessageBody from './MessageBody.vue'

const TWO = 'see [one](https://a.example/1) and [two](https://a.example/2)'

const load = () => Promise.reject(new Error('nothing is loaded'))

describe('a message’s body', () => {
  it('has images in it only once they are asked for, each by its address', async () => {
    const image = { url: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=', width: 40, height: 30 }
    const bring = vi.fn((address: string) =>
      address === '/a.gif' ? Promise.resolve(image) : Promise.reject({ code: 'no_image', message: '' }),
    )
    const body = '![one](/a.gif) ![](https://b.example/b.png) ![x](data:image/png;base64,AA)'
    const wrapper = mount(MessageBody, { props: { body, load: bring }, attachTo: document.body })
    expect(wrapper.find('img').exists()).toBe(false)
    expect(wrapper.findAll('.image[role=button]')).toHaveLength(2)
    byRole(wrapper.element, 'button', 'Show the image: one').click()
    byRole(wrapper.element, 'button', 'Show the image').click()
    await flushPromises()
    expect(bring.mock.calls).toEqual([['/a.gif'], ['https://b.example/b.png']])
    expect(wrapper.findAll('img').map((each) => each.attributes('src'))).toEqual([image.url])
    expect(wrapper.get('img').attributes('alt')).toContain('one')
    expect(wrapper.get('.failed').text()).toContain('could not be loaded')
    expect(wrapper.emitted('follow')).toBeUndefined()
  })

  it('names the link that is clicked, and follows it nowhere itself', () => {
    const wrapper = mount(MessageBody, { props: { body: TWO, load }, attachTo: document.body })
    const click = new MouseEvent('click', { bubbles: true, cancelable: true })
    byRole(wrapper.element, 'link', 'two').dispatchEvent(click)
    expect(click.defaultPrevented).toBe(true)
    expect(wrapper.emitted('follow')).toEqual([['https://a.example/2']])
  })

  it('is followed with the Enter key, too', () => {
    const wrapper = mount(MessageBody, { props: { body: TWO, load }, attachTo: document.body })
    const link = byRole(wrapper.element, 'link', 'one')
    expect(link.tabIndex).toBe(0)
    link.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    expect(wrapper.emitted('follow')).toEqual([['https://a.example/1']])
  })

  it('does nothing when a word is clicked that is no link', () => {
    const wrapper = mount(MessageBody, { props: { body: TWO, load } })
    wrapper.element.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    expect(wrapper.emitted('follow')).toBeUndefined()
  })

  it('is plain text when it is very long, cut until all of it is asked for', async () => {
    const body = '![ **a** '.repeat(20_000)
    const wrapper = mount(MessageBody, { props: { body, load }, attachTo: document.body })
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
