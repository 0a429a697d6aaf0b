// A list with the headings of its days, laid out: every item has a fixed height, so that places can be
// computed without measuring, however long the list is.

import type { ListRow, Use } from '../state/listing'
import { dayOf } from './time'

/** Heights in pixels. */
export const ROW_HEIGHT = 64
export const DAY_HEIGHT = 34

/** One line of the laid-out list. */
export type Item =
  | { type: 'day'; key: string; start: number; day: number }
  | { type: 'row'; key: string; start: number; row: ListRow; index: number }

/** Puts a heading before the first row of each day. */
export function withDays(rows: readonly ListRow[]): Item[] {
  const items: Item[] = []
  let start = 0
  let last: number | null = null
  for (const [index, row] of rows.entries()) {
    const day = dayOf(row.at)
    if (day !== last) {
      items.push({ type: 'day', key: `day-${String(day)}-${row.id}`, start, day })
      start += DAY_HEIGHT
      last = day
    }
    items.push({ type: 'row', key: row.id, start, row, index })
    start += ROW_HEIGHT
  }
  return items
}

/** The height of an item. */
export function heightOf(item: Item | undefined): number {
  return item?.type === 'day' ? DAY_HEIGHT : ROW_HEIGHT
}

/** The height of all of them. */
export function totalHeight(items: readonly Item[]): number {
  const last = items.at(-1)
  return last ? last.start + heightOf(last) : 0
}

/** The index of the item at a distance from the top. */
export function itemAt(items: readonly Item[], offset: number): number {
  let low = 0
  let high = items.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const item = items[middle]
    if (item && item.start <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * Where to scroll so that what was read stays where it is when the list has changed.
 *
 * @param top the present scroll position
 * @param use who browses is at the very top and wants the new rows, so nothing is held
 * @returns the new scroll position, or `null` to leave it
 */
export function heldPosition(
  before: readonly Item[],
  after: readonly Item[],
  top: number,
  use: Use,
): number | null {
  if (use === 'browsing' || before.length === 0) return null
  const starts = new Map(after.map((item) => [item.key, item.start]))
  for (let index = itemAt(before, top); index < before.length; index += 1) {
    const item = before[index]
    if (item?.type !== 'row') continue
    const start = starts.get(item.key)
    if (start !== undefined) return Math.max(0, top + start - item.start)
  }
  return null
}
