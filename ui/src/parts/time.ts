// Times in words. Pure: the present is an argument.

import type { Language } from '../bridge/generated/Language'
import type { Timestamp } from '../bridge/generated/Timestamp'
import { say, sayCount } from '../words'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat>()

function format(language: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${name}`
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, { hourCycle: 'h23', ...options })
  formats.set(key, made)
  return made
}

/** Local midnight before `at`. */
function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** "just now", "5 min ago", else the time of day; the day stands above the group. */
export function relativeTime(at: Timestamp, now: number, language: Language): string {
  const then = Date.parse(at)
  const age = now - then
  if (age < MINUTE) return say('time.now')
  if (age < HOUR) return sayCount('time.minutes', Math.floor(age / MINUTE))
  return clockTime(at, language)
}

/** The time of day, `09:58`. */
export function clockTime(at: Timestamp, language: Language): string {
  return format(language, 'clock', { hour: '2-digit', minute: '2-digit' }).format(new Date(at))
}

/** Date and time, complete to the minute. */
export function fullTime(at: Timestamp, language: Language): string {
  return format(language, 'full', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(at))
}

/** A date, complete. */
export function dateName(at: Timestamp, language: Language): string {
  return format(language, 'date', { year: 'numeric', month: 'short', day: 'numeric' }).format(new Date(at))
}

/** The day of a moment as a date field has it, `2026-11-22`. */
export function dateField(at: Timestamp): string {
  const date = new Date(at)
  const part = (value: number) => String(value).padStart(2, '0')
  return `${String(date.getFullYear())}-${part(date.getMonth() + 1)}-${part(date.getDate())}`
}

/** When the day of a date field begins, so many days later; `null` where the field has no date. */
export function dayBegins(field: string, later = 0): Timestamp | null {
  const [year = NaN, month = NaN, day = NaN] = field.split('-').map(Number)
  const at = new Date(year, month - 1, day + later)
  return Number.isNaN(at.getTime()) || year < 1_000 ? null : at.toISOString()
}

/** The time of day if it was today, else date and time. */
export function shortTime(at: Timestamp, now: number, language: Language): string {
  return dayOf(at) === midnight(now) ? clockTime(at, language) : fullTime(at, language)
}

/** Date and time of day to the second. */
export function exactDate(at: Timestamp, language: Language): string {
  const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  return format(language, 'exact date', { ...day, ...time }).format(new Date(at))
}

/** Time of day to the second. */
export function exactTime(at: Timestamp, language: Language): string {
  return format(language, 'exact', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    new Date(at),
  )
}

/** Which day's group a message belongs to; two messages are of one group if this is the same. */
export function dayOf(at: Timestamp): number {
  return midnight(Date.parse(at))
}

/** The heading of a day's group. */
export function dayTitle(day: number, now: number, language: Language): string {
  const today = midnight(now)
  // Half a day of slack, because a day of a clock change has 23 or 25 hours.
  // What is put off comes back on a day to come.
  if (day > today) return dayName(day, now, language)
  if (day === today) return say('time.today')
  if (day >= midnight(today - DAY / 2)) return say('time.yesterday')
  const date = new Date(day)
  const weekday = { month: 'long', day: 'numeric', weekday: 'long' } as const
  if (date.getFullYear() === new Date(now).getFullYear()) return format(language, 'day', weekday).format(date)
  return format(language, 'year', { year: 'numeric', month: 'long', day: 'numeric' }).format(date)
}

/** A day to come, or today, by its name. */
export function dayName(day: number, now: number, language: Language): string {
  const days = Math.round((midnight(day) - midnight(now)) / DAY)
  if (days === 0) return say('time.today')
  if (days === 1) return say('time.tomorrow')
  return format(language, 'day name', { weekday: 'short', month: 'short', day: 'numeric' }).format(
    new Date(day),
  )
}

/** When something comes back: "Tomorrow 08:00". */
export function momentName(at: Timestamp, now: number, language: Language): string {
  return `${dayName(Date.parse(at), now, language)} ${clockTime(at, language)}`
}

/** A span until something happens: "24 s", "1 min 5 s". */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000))
  if (seconds < 60) return say('sidebar.seconds', { count: seconds })
  return say('sidebar.minutes', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 })
}
