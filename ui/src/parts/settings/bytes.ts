// Sizes in bytes as people read them.

import { language } from '../../words'

const UNITS = ['kilobyte', 'megabyte', 'gigabyte'] as const

/** A size with a unit of thousands, e.g. `12.3 MB`; at least `1 kB`, since no database is smaller. */
export function bytes(size: number): string {
  const power = Math.min(UNITS.length, Math.max(1, Math.floor(Math.log10(Math.max(size, 1)) / 3)))
  const value = Math.max(1, size / 1000 ** power)
  const format = { style: 'unit', unit: UNITS[power - 1], maximumFractionDigits: value < 10 ? 1 : 0 } as const
  return new Intl.NumberFormat(language.value, format).format(value)
}
