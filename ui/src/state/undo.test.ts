import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, type App } from 'vue'

import { Fake } from '../bridge/fake'
import { createBelfry } from './belfry'
import { provideUndo, type Undo } from './undo'

describe('what was done last', () => {
  let fake: Fake
  let undo: Undo
  let app: App

  beforeEach(async () => {
    vi.useFakeTimers()
    fake = new Fake()
    const belfry = createBelfry(fake)
    await belfry.start()
    app = createApp({
      setup() {
        undo = provideUndo(belfry)
        return () => null
      },
    })
    app.mount(document.createElement('div'))
  })
  afterEach(() => {
    app.unmount()
    vi.useRealTimers()
  })

  const total = () => fake.present().inbox.total
  const first = () => fake.mailbox.newest(1)[0]?.id ?? ''

  it('is taken back', async () => {
    expect(await undo.act({ type: 'delete', ids: [first()] }, 'delete')).toBe(true)
    expect(undo.last.value?.done).toBe('delete')
    expect(total()).toBe(13)
    await undo.undo()
    expect(total()).toBe(14)
    expect(undo.last.value).toBeNull()
  })

  it('is offered for ten seconds, and no longer', async () => {
    await undo.act({ type: 'archive', ids: [first()] }, 'archive')
    vi.advanceTimersByTime(9_900)
    expect(undo.last.value).not.toBeNull()
    vi.advanceTimersByTime(200)
    expect(undo.last.value).toBeNull()
    await undo.undo()
    expect(fake.acts.map((act) => act.type)).toEqual(['archive'])
  })

  it('stands before what was done earlier, which keeps its own ten seconds', async () => {
    await undo.act({ type: 'archive', ids: [first()] }, 'archive')
    vi.advanceTimersByTime(5_000)
    const deleted = first()
    await undo.act({ type: 'delete', ids: [deleted] }, 'delete')
    await undo.act({ type: 'mark_all_read' }, 'all_read')
    expect(undo.last.value?.done).toBe('all_read')
    expect(await undo.undo()).toEqual([])
    expect(undo.last.value?.done).toBe('delete')
    vi.advanceTimersByTime(5_100)
    expect(await undo.undo(), 'the archived one is past').toEqual([deleted])
    expect(undo.last.value).toBeNull()
    expect(total()).toBe(13)
  })

  it('is taken off the screen, and what was done before it is offered again', async () => {
    await undo.act({ type: 'delete', ids: [first()] }, 'delete')
    await undo.act({ type: 'mark_unread', ids: [fake.mailbox.newest(5)[4]?.id ?? ''] }, 'unread')
    undo.dismiss()
    expect(undo.last.value?.done).toBe('delete')
    undo.dismiss()
    expect(undo.last.value).toBeNull()
  })

  it('is not offered where it came by itself, and taken back only where nothing is offered', async () => {
    const [seen = '', put = ''] = fake.mailbox.newest(2).map(({ id }) => id)
    await undo.act({ type: 'archive', ids: [put] }, 'archive')
    await undo.act({ type: 'mark_read', ids: [seen] }, 'read', 'quiet')
    expect(undo.last.value?.done, 'what is offered stays').toBe('archive')
    expect(await undo.undo()).toEqual([put])
    expect(undo.last.value).toBeNull()
    expect(undo.next.value?.done).toBe('read')
    expect(await undo.undo()).toEqual([seen])
    expect(fake.mailbox.newest(1)[0]?.unread).toBe(true)
    expect(undo.next.value).toBeNull()
  })

  it('is nothing where nothing was changed or something failed', async () => {
    await undo.act({ type: 'archive', ids: ['4242'] }, 'archive')
    expect(undo.last.value).toBeNull()
    fake.failNext = 'storage'
    expect(await undo.act({ type: 'delete', ids: [first()] }, 'delete')).toBe(false)
    await flushPromises()
    expect(undo.last.value).toBeNull()
  })
})
