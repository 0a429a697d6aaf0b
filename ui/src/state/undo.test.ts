import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, type App } from 'vue'

import { Fake } from '../bridge/fake'
import { createBelfry, type Belfry } from './belfry'
import { provideUndo, type Undo } from './undo'

describe('what was done last', () => {
  let fake: Fake
  let undo: Undo
  let belfry: Belfry
  let app: App

  beforeEach(async () => {
    vi.useFakeTimers()
    fake = new Fake()
    belfry = createBelfry(fake)
    await belfry.start()
    mount(belfry)
  })
  afterEach(() => {
    app.unmount()
    vi.useRealTimers()
  })

  function mount(on: Belfry): void {
    app = createApp({
      setup() {
        undo = provideUndo(on)
        return () => null
      },
    })
    app.mount(document.createElement('div'))
  }

  const total = () => fake.present().inbox.total
  const first = () => fake.mailbox.newest(1)[0]?.id ?? ''

  it('is taken back', async () => {
    await belfry.act({ type: 'delete', ids: [first()] })
    expect(undo.last.value?.kind).toBe('delete')
    expect(total()).toBe(13)
    await undo.undo()
    expect(total()).toBe(14)
    expect(undo.last.value).toBeNull()
  })

  it('is offered for ten seconds, and no longer', async () => {
    await belfry.act({ type: 'archive', ids: [first()] })
    vi.advanceTimersByTime(9_900)
    expect(undo.last.value).not.toBeNull()
    vi.advanceTimersByTime(200)
    expect(undo.last.value).toBeNull()
    await undo.undo()
    expect(fake.acts.map((act) => act.type)).toEqual(['archive'])
  })

  it('stands before what was done earlier, which keeps its own ten seconds', async () => {
    await belfry.act({ type: 'archive', ids: [first()] })
    vi.advanceTimersByTime(5_000)
    const deleted = first()
    await belfry.act({ type: 'delete', ids: [deleted] })
    await belfry.act({ type: 'mark_all_read' })
    expect(undo.last.value?.kind).toBe('all_read')
    expect(await undo.undo()).toBeNull()
    expect(undo.last.value?.kind).toBe('delete')
    vi.advanceTimersByTime(5_100)
    expect(await undo.undo(), 'the archived one is past').toBe(deleted)
    expect(undo.last.value).toBeNull()
    expect(total()).toBe(13)
  })

  it('is taken off the screen, and what was done before it is offered again', async () => {
    await belfry.act({ type: 'delete', ids: [first()] })
    await belfry.act({ type: 'mark_unread', ids: [fake.mailbox.newest(5)[4]?.id ?? ''] })
    undo.dismiss()
    expect(undo.last.value?.kind).toBe('delete')
    undo.dismiss()
    expect(undo.last.value).toBeNull()
  })

  it('is not offered where it came by itself, and taken back only where nothing is offered', async () => {
    const [seen = '', put = ''] = fake.mailbox.newest(2).map(({ id }) => id)
    await belfry.act({ type: 'archive', ids: [put] })
    await belfry.act({ type: 'mark_seen', ids: [seen] })
    expect(undo.last.value?.kind, 'what is offered stays').toBe('archive')
    expect(await undo.undo()).toBe(put)
    expect(undo.last.value).toBeNull()
    expect(undo.next.value?.kind).toBe('seen')
    expect(await undo.undo()).toBe(seen)
    expect(fake.mailbox.newest(1)[0]?.unread).toBe(true)
    expect(undo.next.value).toBeNull()
  })

  it('is nothing where nothing was changed or something failed', async () => {
    await belfry.act({ type: 'archive', ids: ['4242'] })
    expect(undo.last.value).toBeNull()
    fake.failNext = 'storage'
    await belfry.act({ type: 'delete', ids: [first()] })
    await flushPromises()
    expect(undo.last.value).toBeNull()
  })

  it('is offered again by a page that was loaded anew', async () => {
    await belfry.act({ type: 'delete', ids: [first()] })
    app.unmount()
    const reloaded = createBelfry(fake)
    await reloaded.start()
    mount(reloaded)
    expect(undo.last.value).toMatchObject({ kind: 'delete', messages: 1 })
    await undo.undo()
    expect(total()).toBe(14)
  })

  it('is offered again where taking it back has failed', async () => {
    const deleted = first()
    await belfry.act({ type: 'delete', ids: [deleted] })
    fake.failNext = 'storage'
    expect(await undo.undo()).toBeNull()
    expect(undo.last.value?.kind).toBe('delete')
    expect(await undo.undo()).toBe(deleted)
  })
})
