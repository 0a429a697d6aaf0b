import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope, type Ref } from 'vue'

import { Fake } from '../bridge/fake'
import type { MessageId } from '../bridge/generated/MessageId'
import { until } from '../test/mount'
import { createBelfry, type Belfry } from './belfry'
import { useDetail, type Detail } from './detail'
import { NO_FILTER } from './route'
import { DWELL } from './seen'

describe('the open message', () => {
  let fake: Fake
  let belfry: Belfry
  let id: Ref<MessageId | null>
  let detail: Detail
  let scope: EffectScope
  let unread: string[]

  beforeEach(async () => {
    fake = new Fake()
    belfry = createBelfry(fake)
    await belfry.start()
    unread = fake.mailbox.page({ type: 'unread' }, null, NO_FILTER, null, 10).rows.map((row) => row.id)
    id = ref(null)
    scope = effectScope()
    detail = scope.run(() => useDetail(belfry, id)) as Detail
  })
  afterEach(() => scope.stop())

  const marks = () => fake.acts.filter((action) => action.type === 'mark_read')
  const isRead = () => detail.detail.value?.message.read_at !== null && detail.detail.value !== null

  it('is marked read once it has been on screen', async () => {
    id.value = unread[0] ?? ''
    await until(isRead, 'it is read')
    expect(marks()).toEqual([{ type: 'mark_read', ids: [unread[0]] }])
  })

  it('is not marked read by a glance, nor while the window has lost the focus', async () => {
    vi.useFakeTimers()
    const focus = vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    id.value = unread[0] ?? ''
    await vi.advanceTimersByTimeAsync(DWELL - 100)
    focus.mockReturnValue(false)
    window.dispatchEvent(new Event('blur'))
    await vi.advanceTimersByTimeAsync(10 * DWELL)
    expect(marks(), 'the focus is elsewhere').toEqual([])
    focus.mockReturnValue(true)
    window.dispatchEvent(new Event('focus'))
    await vi.advanceTimersByTimeAsync(DWELL - 100)
    expect(marks(), 'it begins anew').toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(marks()).toEqual([{ type: 'mark_read', ids: [unread[0]] }])
    vi.useRealTimers()
  })

  it('is not marked read where it was put off, nor when it is brought back while it is open', async () => {
    vi.useFakeTimers()
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    const first = unread[0] ?? ''
    await belfry.act({ type: 'snooze', ids: [first], span: 'tomorrow' })
    id.value = first
    await vi.advanceTimersByTimeAsync(DWELL / 2)
    await belfry.act({ type: 'wake', ids: [first] })
    await vi.advanceTimersByTimeAsync(10 * DWELL)
    expect(detail.detail.value?.message.snoozed_until).toBeNull()
    expect(marks()).toEqual([])
    vi.useRealTimers()
  })

  it('is not marked read while the window is hidden', async () => {
    const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    id.value = unread[0] ?? ''
    await until(() => detail.detail.value !== null, 'it is loaded')
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    await flushPromises()
    expect(marks()).toEqual([])
    hidden.mockReturnValue('visible')
    document.dispatchEvent(new Event('visibilitychange'))
    await until(isRead, 'it is read')
  })

  it('is not marked read if another was opened before it was seen', async () => {
    id.value = unread[0] ?? ''
    await flushPromises()
    id.value = unread[1] ?? ''
    await until(isRead, 'the second is read')
    expect(marks()).toEqual([{ type: 'mark_read', ids: [unread[1]] }])
  })

  it('stays unread when the user marks it unread', async () => {
    const first = unread[0] ?? ''
    id.value = first
    await until(isRead, 'it is read')
    await belfry.act({ type: 'mark_unread', ids: [first] })
    await until(() => !isRead(), 'it is unread')
    fake.arrive()
    await flushPromises()
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    await flushPromises()
    expect(isRead()).toBe(false)
    expect(marks()).toHaveLength(1)
  })

  it('says so when there is no such message', async () => {
    id.value = '999999'
    await flushPromises()
    expect(detail.failure.value?.code).toBe('not_found')
    expect(detail.detail.value).toBeNull()
  })
})
