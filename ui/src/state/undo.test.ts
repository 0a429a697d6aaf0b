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

  it('gives way to what is done after it', async () => {
    await undo.act({ type: 'archive', ids: [first()] }, 'archive')
    vi.advanceTimersByTime(9_000)
    await undo.act({ type: 'mark_all_read' }, 'all_read')
    vi.advanceTimersByTime(9_000)
    expect(undo.last.value?.done).toBe('all_read')
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
