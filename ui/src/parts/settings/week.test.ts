import { describe, expect, it } from 'vitest'

import type { QuietSpan } from '../../bridge/generated/QuietSpan'
import { painted, quietIn, spansOf, WEEK, weekOf } from './week'

const night: QuietSpan = { days: [...WEEK], from: '22:00', to: '07:30' }

describe('a week of quiet hours', () => {
  it('comes back as it was, over midnight and to the minute', () => {
    const weekend: QuietSpan[] = [
      { days: ['fri'], from: '18:15', to: '09:05' },
      { days: ['sun'], from: '22:00', to: '00:00' },
    ]
    expect(spansOf(weekOf([night]))).toEqual([night])
    expect(spansOf(weekOf(weekend))).toEqual(weekend)
    expect(spansOf(weekOf([]))).toEqual([])
  })

  it('has whole days, one by one, and not as one endless stretch', () => {
    const days: QuietSpan[] = [{ days: ['sat', 'sun'], from: '00:00', to: '00:00' }]
    expect(spansOf(weekOf(days))).toEqual(days)
    const always: QuietSpan[] = [{ days: [...WEEK], from: '00:00', to: '00:00' }]
    expect(spansOf(weekOf(always))).toEqual(always)
  })

  it('says how much of an hour is quiet', () => {
    const week = weekOf([night])
    expect([21, 22, 23].map((hour) => quietIn(week, 0, hour))).toEqual([0, 60, 60])
    expect([6, 7, 8].map((hour) => quietIn(week, 0, hour))).toEqual([60, 30, 0])
  })

  it('is painted hour by hour, and keeps what was typed to the minute', () => {
    let week = painted(weekOf([night]), 2, 12, 'quiet')
    expect(quietIn(week, 2, 12)).toBe(60)
    expect(spansOf(week)).toContainEqual({ days: ['wed'], from: '12:00', to: '13:00' })
    expect(spansOf(week)).toContainEqual(night)
    week = painted(painted(week, 2, 12, 'loud'), 0, 23, 'loud')
    expect(spansOf(week)).toEqual([
      { days: ['mon'], from: '22:00', to: '23:00' },
      { days: ['tue'], from: '00:00', to: '07:30' },
      { days: ['tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '22:00', to: '07:30' },
    ])
    expect(quietIn(painted(week, 1, 7, 'loud'), 1, 7)).toBe(0)
  })

  it('joins what touches or overlaps', () => {
    const spans: QuietSpan[] = [
      { days: ['mon'], from: '09:00', to: '12:00' },
      { days: ['mon'], from: '11:00', to: '13:00' },
      { days: ['mon'], from: '13:00', to: '14:00' },
    ]
    expect(spansOf(weekOf(spans))).toEqual([{ days: ['mon'], from: '09:00', to: '14:00' }])
  })
})
