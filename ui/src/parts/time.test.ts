import { describe, expect, it } from 'vitest'

import { speak } from '../words'
import {
  clockTime,
  countdown,
  dateField,
  dateName,
  dayBegins,
  dayOf,
  dayTitle,
  fullTime,
  momentName,
  relativeTime,
  shortTime,
} from './time'

const NOW = new Date(2026, 10, 22, 10, 0, 0).getTime()
const MINUTE = 60_000
const ago = (minutes: number) => new Date(NOW - minutes * MINUTE).toISOString()

describe('the time of a message', () => {
  it('is in words for an hour, then the time of day', () => {
    const check = (minutes: number, text: string) => expect(relativeTime(ago(minutes), NOW, 'en')).toBe(text)
    check(0.9, 'just now')
    check(1, '1 min ago')
    check(59.9, '59 min ago')
    check(60, '09:00')
    check(24 * 60, '10:00')
  })

  it('is never in the future, should the clock have been set back', () => {
    expect(relativeTime(ago(-5), NOW, 'en')).toBe('just now')
  })

  it('has its Chinese words', () => {
    speak('zh-CN')
    expect(relativeTime(ago(0), NOW, 'zh-CN')).toBe('刚刚')
    expect(relativeTime(ago(2), NOW, 'zh-CN')).toBe('2 分钟前')
    expect(dayTitle(dayOf(ago(24 * 60)), NOW, 'zh-CN')).toBe('昨天')
    expect(dayTitle(dayOf(ago(3 * 24 * 60)), NOW, 'zh-CN')).toBe('11月19日星期四')
    expect(fullTime(ago(2), 'zh-CN')).toBe('2026年11月22日 09:58')
  })

  it('uses 24 hours, midnight being 00:00', () => {
    expect(clockTime(new Date(2026, 10, 22, 0, 5).toISOString(), 'en')).toBe('00:05')
    expect(clockTime(new Date(2026, 10, 22, 17, 30).toISOString(), 'en')).toBe('17:30')
  })

  it('names the date only where it is not today', () => {
    expect(shortTime(ago(5), NOW, 'en')).toBe('09:55')
    expect(shortTime(ago(24 * 60), NOW, 'en')).toBe('Nov 21, 2026, 10:00')
  })
})

describe('the heading of a day', () => {
  const title = (date: Date) => dayTitle(dayOf(date.toISOString()), NOW, 'en')

  it('is tomorrow or a date where something comes back', () => {
    const later = (days: number) => new Date(NOW + days * 24 * 3_600_000)
    expect(title(later(1))).toBe('Tomorrow')
    expect(title(later(3))).toMatch(/^\w{3}, Nov \d+$/)
    expect(momentName(later(1).toISOString(), NOW, 'en')).toMatch(/^Tomorrow \d\d:\d\d$/)
  })

  it('is today, yesterday, a date, or a date of another year', () => {
    expect(title(new Date(2026, 10, 22, 0, 0))).toBe('Today')
    expect(title(new Date(2026, 10, 21, 23, 59))).toBe('Yesterday')
    expect(title(new Date(2026, 10, 20, 23, 59))).toBe('Friday, November 20')
    expect(title(new Date(2025, 10, 20, 12, 0))).toBe('November 20, 2025')
  })
})

describe('a day', () => {
  it('goes into a date field and comes back as the span of that day', () => {
    const at = new Date(2026, 10, 1, 23, 59).toISOString()
    expect(dateField(at)).toBe('2026-11-01')
    expect(dayBegins('2026-11-01')).toBe(new Date(2026, 10, 1).toISOString())
    expect(dayBegins('2026-12-31', 1)).toBe(new Date(2027, 0, 1).toISOString())
    expect([dayBegins(''), dayBegins('0002-01-01')]).toEqual([null, null])
    expect(dateName(at, 'en')).toBe('Nov 1, 2026')
  })
})

describe('a countdown', () => {
  it('rounds up, and never falls below zero', () => {
    expect(countdown(24_001)).toBe('25 s')
    expect(countdown(59_000)).toBe('59 s')
    expect(countdown(65_000)).toBe('1 min 5 s')
    expect(countdown(-10)).toBe('0 s')
  })
})
