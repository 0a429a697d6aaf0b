import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'

import type { Attention } from '../bridge/generated/Attention'
import { stage } from '../test/mount'
import { AWAY_MS, useAttention } from './attention'
import { useBelfry } from './belfry'
import { PANE_OVER_BELOW } from './media'

const Part = defineComponent({
  setup() {
    useAttention(useBelfry())
    return () => null
  },
})

function focus(on: boolean): void {
  vi.spyOn(document, 'hasFocus').mockReturnValue(on)
  window.dispatchEvent(new Event(on ? 'focus' : 'blur'))
}

describe('what the user looks at', () => {
  afterEach(() => vi.restoreAllMocks())

  it('is the inbox only while its window has the focus and shows it', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    const { wrapper, fake, router } = await stage(Part)
    const told = (): Attention[] => fake.acts.flatMap((act) => (act.type === 'attend' ? [act.to] : []))
    expect(told()).toEqual(['inbox'])
    focus(false)
    focus(false)
    expect(told()).toEqual(['inbox', 'elsewhere'])
    focus(true)
    await router.push('/settings/about')
    await flushPromises()
    expect(told()).toEqual(['inbox', 'elsewhere', 'inbox', 'elsewhere'])
    wrapper.unmount()
    await router.push('/inbox')
    focus(true)
    expect(told()).toHaveLength(4)
  })

  it('is the inbox only while its list has whatever comes', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    const { fake, router } = await stage(Part)
    const told = () => fake.acts.flatMap((act) => (act.type === 'attend' ? [act.to] : [])).at(-1)
    const narrow = [
      'tab=archived',
      'tab=snoozed',
      'tab=kind&kind=reply',
      'source=office',
      'q=disk',
      'priority=4',
    ]
    for (const query of narrow) {
      await router.push(`/inbox?${query}`)
      await flushPromises()
      expect(told(), query).toBe('elsewhere')
      await router.push('/inbox?tab=unread&messageId=3')
      await flushPromises()
      expect(told(), `after ${query}`).toBe('inbox')
    }
  })

  it('is not the inbox while a narrow window has a message over its list', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    vi.spyOn(window, 'matchMedia').mockImplementation((query) =>
      Object.assign(new EventTarget() as MediaQueryList, {
        media: query,
        matches: query === PANE_OVER_BELOW,
      }),
    )
    const { fake, router } = await stage(Part)
    const told = () => fake.acts.flatMap((act) => (act.type === 'attend' ? [act.to] : [])).at(-1)
    expect(told()).toBe('inbox')
    await router.push('/inbox?messageId=3')
    await flushPromises()
    expect(told()).toBe('elsewhere')
  })

  it('is told from the beginning, for the page before it may have said something else', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(false)
    const { fake } = await stage(Part)
    expect(fake.acts).toEqual([{ type: 'attend', to: 'elsewhere' }])
  })

  it('is nothing while nobody touches keys or mouse', async () => {
    vi.useFakeTimers()
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    const { wrapper, fake } = await stage(Part)
    const told = (): Attention[] => fake.acts.flatMap((act) => (act.type === 'attend' ? [act.to] : []))
    await vi.advanceTimersByTimeAsync(AWAY_MS - 1000)
    window.dispatchEvent(new Event('pointermove'))
    await vi.advanceTimersByTimeAsync(AWAY_MS - 1000)
    expect(told()).toEqual(['inbox'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(told()).toEqual(['inbox', 'elsewhere'])
    window.dispatchEvent(new Event('keydown'))
    await vi.advanceTimersByTimeAsync(0)
    expect(told()).toEqual(['inbox', 'elsewhere', 'inbox'])
    wrapper.unmount()
    vi.useRealTimers()
  })

  it('brings no failure to the screen', async () => {
    const { fake, belfry } = await stage(Part)
    fake.failNext = 'stopping'
    focus(false)
    await flushPromises()
    expect(belfry.failure.value).toBeNull()
  })
})
