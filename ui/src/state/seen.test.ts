import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { awaitInput, DWELL, whenSeen } from './seen'

describe('what a link has brought into sight', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('counts as seen only once the user does something, and looks on', async () => {
    const seen = vi.fn()
    awaitInput()
    whenSeen(seen)
    await vi.advanceTimersByTimeAsync(10 * DWELL)
    expect(seen).not.toHaveBeenCalled()
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }))
    await vi.advanceTimersByTimeAsync(DWELL)
    expect(seen).toHaveBeenCalledOnce()
  })

  it('also where it was open before the link came', async () => {
    const seen = vi.fn()
    whenSeen(seen)
    await vi.advanceTimersByTimeAsync(DWELL / 2)
    awaitInput()
    await vi.advanceTimersByTimeAsync(10 * DWELL)
    expect(seen).not.toHaveBeenCalled()
    document.dispatchEvent(new Event('pointerdown'))
    await vi.advanceTimersByTimeAsync(DWELL)
    expect(seen).toHaveBeenCalledOnce()
  })
})
