// Quiet hours as a week is painted: stretches of each day in minutes, and back. What the user typed to the minute
// is kept; only the hours that are painted change.

import type { QuietSpan } from '../../bridge/generated/QuietSpan'
import type { Weekday } from '../../bridge/generated/Weekday'

export const WEEK: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** The minutes of a day. */
const DAY = 24 * 60

/** A stretch of one day in minutes, from inclusive, to exclusive. */
type Stretch = readonly [from: number, to: number]

/** The quiet stretches of each day, Monday first; sorted, and apart from each other. */
export type Week = readonly (readonly Stretch[])[]

/** What is quiet on each day. A stretch over midnight belongs to two. */
export function weekOf(spans: readonly QuietSpan[]): Week {
  const days: Stretch[][] = WEEK.map(() => [])
  for (const { days: named, from, to } of spans) {
    const [begin, end] = [minutes(from), minutes(to)]
    for (const name of named) {
      const day = WEEK.indexOf(name)
      if (end > begin) days[day]?.push([begin, end])
      else {
        days[day]?.push([begin, DAY])
        if (end > 0) days[(day + 1) % 7]?.push([0, end])
      }
    }
  }
  return days.map(joined)
}

/** How much of an hour is quiet, in minutes. */
export function quietIn(week: Week, day: number, hour: number): number {
  const [begin, end] = [hour * 60, (hour + 1) * 60]
  return (week[day] ?? []).reduce(
    (sum, [from, to]) => sum + Math.max(0, Math.min(to, end) - Math.max(from, begin)),
    0,
  )
}

/** The week with an hour painted quiet or loud. */
export function painted(week: Week, day: number, hour: number, as: 'quiet' | 'loud'): Week {
  const [begin, end] = [hour * 60, (hour + 1) * 60]
  const outside = (week[day] ?? []).flatMap(([from, to]): Stretch[] => [
    [from, Math.min(to, begin)],
    [Math.max(from, end), to],
  ])
  const stretches = outside.filter(([from, to]) => from < to)
  const changed = joined(as === 'quiet' ? [...stretches, [begin, end]] : stretches)
  return week.map((each, at) => (at === day ? changed : each))
}

/** The same as spans: those of a day that go on after midnight are one, and days with the same hours share one. */
export function spansOf(week: Week): QuietSpan[] {
  const spans: QuietSpan[] = []
  const goesOn = (day: number): Stretch | null => {
    const last = week[day]?.at(-1)
    const next = week[(day + 1) % 7]?.[0]
    // A span is no longer than a day.
    return last?.[1] === DAY && next?.[0] === 0 && next[1] < last[0] ? next : null
  }
  week.forEach((stretches, day) => {
    stretches.forEach(([from, to], at) => {
      const isRest = from === 0 && at === 0 && goesOn((day + 6) % 7) !== null
      if (isRest) return
      const rest = to === DAY ? goesOn(day) : null
      const [begin, end] = [time(from), time(rest === null ? to % DAY : rest[1])]
      const same = spans.find((span) => span.from === begin && span.to === end)
      const name = WEEK[day]
      if (name === undefined) return
      if (same) same.days.push(name)
      else spans.push({ days: [name], from: begin, to: end })
    })
  })
  return spans
}

function joined(stretches: readonly Stretch[]): Stretch[] {
  const apart: [number, number][] = []
  for (const [from, to] of [...stretches].sort((a, b) => a[0] - b[0])) {
    const last = apart.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else apart.push([from, to])
  }
  return apart
}

function minutes(text: string): number {
  const [hours = 0, rest = 0] = text.split(':').map(Number)
  return hours * 60 + rest
}

function time(at: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(at / 60))}:${two(at % 60)}`
}
