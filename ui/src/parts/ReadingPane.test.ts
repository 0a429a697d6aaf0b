import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { Fake } from '../bridge/fake'
import type { MessageDetail } from '../bridge/generated/MessageDetail'
import { NO_FILTER } from '../state/route'
import { byRole, stage, type Stage } from '../test/mount'
import ReadingPane from './ReadingPane.vue'

async function pane(title: RegExp): Promise<Stage & { detail: MessageDetail }> {
  const fake = new Fake()
  const row = fake.mailbox
    .page({ type: 'all' }, null, NO_FILTER, null, 100)
    .rows.find((each) => title.test(each.title))
  const detail = fake.mailbox.detail(row?.id ?? '')
  return { ...(await stage(ReadingPane, { detail, index: 2, total: 14 }, { fake })), detail }
}

describe('the reading pane', () => {
  it('opens the related page through the backend, by the message’s id', async () => {
    const { wrapper, fake, detail } = await pane(/rustacean42/)
    byRole(wrapper.element, 'button', 'Open related page').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'follow_link', id: detail.message.id }])
  })

  it('has no such button where there is no page, and says that a link was refused', async () => {
    const { wrapper } = await pane(/新设备登录提醒/)
    expect(() => byRole(wrapper.element, 'button', 'Open related page')).toThrow()
    expect(wrapper.text()).toContain('A link in this message was refused')
    expect(wrapper.text()).toContain('javascript:void(0)')
    expect(wrapper.find('a[href]').exists()).toBe(false)
  })

  it('asks for a read message to be marked unread', async () => {
    const { wrapper } = await pane(/nginx_fan/)
    byRole(wrapper.element, 'button', 'Mark as unread').click()
    expect(wrapper.emitted('sort')).toEqual([['unread']])
  })

  it('asks for a message to be put away, or brought back', async () => {
    const { wrapper, detail } = await pane(/nginx_fan/)
    byRole(wrapper.element, 'button', 'Archive').click()
    byRole(wrapper.element, 'button', 'Delete').click()
    const message = { ...detail.message, archived_at: detail.message.received_at }
    await wrapper.setProps({ detail: { ...detail, message } })
    byRole(wrapper.element, 'button', 'Move to the inbox').click()
    expect(wrapper.emitted('sort')).toEqual([['archive'], ['delete'], ['unarchive']])
  })

  it('steps to the neighbours as far as there are any', async () => {
    const { wrapper } = await pane(/nginx_fan/)
    byRole(wrapper.element, 'button', 'Next message').click()
    byRole(wrapper.element, 'button', 'Previous message').click()
    expect(wrapper.emitted('step')).toEqual([[1], [-1]])
    expect(wrapper.find('.position').text()).toBe('2 of 14')
    await wrapper.setProps({ above: 3 })
    expect(wrapper.find('.position').text(), 'what waits above counts').toBe('5 of 14')
    await wrapper.setProps({ index: 11 })
    expect(byRole(wrapper.element, 'button', 'Next message').hasAttribute('disabled')).toBe(true)
    await wrapper.setProps({ above: null })
    expect(wrapper.find('.position').exists()).toBe(false)
    await wrapper.setProps({ index: 14, above: 0 })
    expect(byRole(wrapper.element, 'button', 'Next message').hasAttribute('disabled')).toBe(true)
  })
})
