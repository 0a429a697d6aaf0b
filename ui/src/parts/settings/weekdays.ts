// The days of the week by their names in the language in force, beginning with a Monday.

import type { Weekday } from '../../bridge/generated/Weekday'
import { language } from '../../words'
import { WEEK } from './week'

/** Each day with its names. Reactive in templates. */
export function weekdays(): { day: Weekday; short: string; long: string }[] {
  const name = (form: 'short' | 'long', at: number) =>
    new Intl.DateTimeFormat(language.value, { weekday: form, timeZone: 'UTC' }).format(
      Date.UTC(2024, 0, 1 + at),
    )
  return WEEK.map((day, at) => ({ day, short: name('short', at), long: name('long', at) }))
}
