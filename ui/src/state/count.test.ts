import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'

import { Fake } from '../bridge/fake'
import type { Matching } from '../bridge/generated/Matching'
import { createBelfry } from './belfry'
import { counted, useCount } from './count'
import { NO_FILTER } from './route'

const tab = (type: 'all' | 'archived'): Matching => ({ tab: { type }, filter: NO_FILTER, text: '' })

describe('a count', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('follows the inbox, once a second at most, and what is counted at once', async () => {
    const fake = new Fake()
    const belfry = createBelfry(fake)
    await belfry.start()
    const asked = vi.spyOn(fake, 'query')
    const of = ref(tab('archived'))
    const scope = effectScope()
    const count = scope.run(() => useCount(belfry, () => of.value))
    await vi.advanceTimersByTimeAsync(0)
    expect(count?.value).toMatchObject({ count: 0, more: false })
    await fake.act({ type: 'archive', ids: ['1'] })
    for (let n = 0; n < 50; n += 1) fake.arrive()
    await vi.advanceTimersByTimeAsync(990)
    expect(asked).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(20)
    expect(asked).toHaveBeenCalledTimes(2)
    expect(count?.value?.count).toBe(1)
    of.value = tab('all')
    await vi.advanceTimersByTimeAsync(0)
    expect(count?.value?.count).toBe(63)
    vi.spyOn(fake, 'query').mockRejectedValue({ code: 'storage', message: '' })
    of.value = tab('archived')
    await vi.advanceTimersByTimeAsync(0)
    expect(count?.value).toBeNull()
    scope.stop()
  })

  it('is written with what it may lack', () => {
    expect([counted({ count: 1_234, more: false }), counted({ count: 10_000, more: true })]).toEqual([
      '1,234',
      '10,000+',
    ])
  })
})
