import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope, type Ref } from 'vue'

import { useNow, type Pace } from './clock'

const START = new Date(2026, 10, 22, 10, 0, 20).getTime()

describe('the present time', () => {
  let scope: EffectScope
  let now: Readonly<Ref<number>> | undefined
  let pace: Ref<Pace>

  beforeEach(() => void vi.useFakeTimers({ now: START }))
  afterEach(() => {
    scope.stop()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  function begin(at: Pace): void {
    scope = effectScope()
    pace = ref(at)
    now = scope.run(() => useNow(pace))
  }

  function look(state: DocumentVisibilityState): void {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
    document.dispatchEvent(new Event('visibilitychange'))
  }

  /** How many seconds have passed for who looks on. */
  const shown = () => Math.floor(((now?.value ?? 0) - START) / 1_000)

  it('ticks at each full minute, and no more often', () => {
    begin('minute')
    vi.advanceTimersByTime(39_000)
    expect(shown()).toBe(0)
    vi.advanceTimersByTime(1_100)
    expect(shown()).toBe(40)
    vi.advanceTimersByTime(59_000)
    expect(shown()).toBe(40)
    vi.advanceTimersByTime(1_000)
    expect(shown()).toBe(100)
  })

  it('ticks by the second where that is asked for, from then on', async () => {
    begin('still')
    vi.advanceTimersByTime(30_000)
    expect(shown()).toBe(0)
    pace.value = 'second'
    await vi.advanceTimersByTimeAsync(3_100)
    expect(shown()).toBe(33)
    pace.value = 'still'
    await vi.advanceTimersByTimeAsync(60_000)
    expect(shown()).toBe(33)
  })

  it('rests while nobody can see it, and is right at once when it is seen again', () => {
    begin('minute')
    look('hidden')
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(600_000)
    expect(shown()).toBe(0)
    look('visible')
    expect(shown()).toBe(600)
    vi.advanceTimersByTime(40_100)
    expect(shown()).toBe(640)
  })

  it('ends with its part of the screen', () => {
    begin('second')
    scope.stop()
    expect(vi.getTimerCount()).toBe(0)
    look('visible')
    expect(vi.getTimerCount()).toBe(0)
  })
})
