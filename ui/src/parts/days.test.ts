import { describe, expect, it } from 'vitest'

import type { MessageRow } from '../bridge/generated/MessageRow'
import { DAY_HEIGHT, heldPosition, itemAt, ROW_HEIGHT, totalHeight, withDays } from './days'

function row(id: number, day: number): MessageRow {
  const at = new Date(2026, 10, day, 12, 0, id).toISOString()
  return {
    id: String(id),
    source: 's',
    kind: 'reply',
    title: '',
    preview: '',
    sender: null,
    priority: 3,
    at,
    unread: false,
    archived: false,
    pinned: false,
    snoozed_until: null,
    returned_at: null,
  }
}

const LIST = [row(5, 22), row(4, 22), row(3, 21), row(2, 20), row(1, 20)]

describe('a list with days', () => {
  it('has a heading before the first row of each day', () => {
    const items = withDays(LIST)
    expect(items.map((item) => item.type)).toEqual(['day', 'row', 'row', 'day', 'row', 'day', 'row', 'row'])
    expect(totalHeight(items)).toBe(3 * DAY_HEIGHT + 5 * ROW_HEIGHT)
  })

  it('finds the item at a height', () => {
    const items = withDays(LIST)
    expect(itemAt(items, 0)).toBe(0)
    expect(itemAt(items, DAY_HEIGHT - 1)).toBe(0)
    expect(itemAt(items, DAY_HEIGHT)).toBe(1)
    expect(itemAt(items, 1e9)).toBe(items.length - 1)
  })

  it('holds what is read when rows come in above', () => {
    const before = withDays(LIST)
    const top = DAY_HEIGHT + ROW_HEIGHT + 10
    expect(heldPosition(before, withDays([row(7, 22), row(6, 22), ...LIST]), top, 'reading')).toBe(
      top + 2 * ROW_HEIGHT,
    )
    expect(heldPosition(before, withDays([row(6, 23), ...LIST]), top, 'reading')).toBe(
      top + ROW_HEIGHT + DAY_HEIGHT,
    )
  })

  it('holds the next row if the one at the top is gone', () => {
    const before = withDays(LIST)
    const after = withDays(LIST.filter(({ id }) => id !== '4'))
    const top = DAY_HEIGHT + ROW_HEIGHT
    expect(heldPosition(before, after, top, 'reading')).toBe(top - ROW_HEIGHT)
  })

  it('lets new rows in at the very top, but not while one reads', () => {
    const [before, after] = [withDays(LIST), withDays([row(6, 22), ...LIST])]
    expect(heldPosition(before, after, 0, 'browsing')).toBeNull()
    expect(heldPosition(before, after, 0, 'reading')).toBe(ROW_HEIGHT)
  })
})
