import { beforeEach, describe, expect, it } from 'vitest'

import type { MessageRow } from '../bridge/generated/MessageRow'
import type { Page } from '../bridge/generated/Page'
import { isNewer, isSooner, Listing, PAGE_ROWS, type Look } from './listing'

const TOP: Look = { first: 0, last: 8, use: 'browsing' }

/** Somebody reads who has these rows on screen. */
const at = (first: number, last: number): Look => ({ first, last, use: 'reading' })

/** A server side with rows numbered by age: 1 is the oldest. */
class Shelf {
  rev = 1
  asked: { before: string | null; limit: number }[] = []
  constructor(public numbers: number[]) {}

  ask = (before: string | null, limit: number): Promise<Page> => {
    this.asked.push({ before, limit })
    const below = this.numbers.filter((n) => before === null || n < Number(before)).sort((a, b) => b - a)
    const rows = below.slice(0, limit).map(row)
    return Promise.resolve({
      rev: this.rev,
      rows,
      next: below.length > limit ? (rows.at(-1)?.id ?? null) : null,
    })
  }

  arrive(...numbers: number[]): void {
    this.numbers.push(...numbers)
    this.rev += 1
  }

  remove(...numbers: number[]): void {
    this.numbers = this.numbers.filter((n) => !numbers.includes(n))
    this.rev += 1
  }
}

function row(n: number): MessageRow {
  const at = new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString()
  return {
    id: String(n),
    source: 's',
    kind: 'reply',
    title: '',
    preview: '',
    sender: null,
    priority: 3,
    at,
    unread: true,
    archived: false,
    pinned: false,
    snoozed_until: null,
    returned_at: null,
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('a listing', () => {
  let shelf: Shelf
  let listing: Listing
  beforeEach(() => {
    shelf = new Shelf(range(1, 1_000))
    listing = new Listing(shelf.ask)
  })
  const settle = async (look: Look) => {
    while (await listing.step(shelf.rev, look));
  }
  const numbers = () => listing.rows().map((each) => Number(each.id))

  it('loads the top, and more only when one looks near its end', async () => {
    await settle(TOP)
    expect(numbers()).toEqual(range(901, 1_000).reverse())
    expect(shelf.asked).toHaveLength(1)
    await settle(at(60, 70))
    expect(numbers()).toEqual(range(801, 1_000).reverse())
    expect(shelf.asked.at(-1)).toEqual({ before: '901', limit: PAGE_ROWS })
  })

  it('knows the end of the list', async () => {
    for (let last = 0; last < 1_000; last += 50) await settle(at(last, last))
    expect(numbers()).toEqual(range(1, 1_000).reverse())
    expect(listing.isComplete()).toBe(true)
  })

  it('asks for nothing while nothing has moved', async () => {
    await settle(TOP)
    expect(await listing.step(shelf.rev, TOP)).toBe(false)
    expect(shelf.asked).toHaveLength(1)
  })

  it('loses no row between two stretches when messages arrive on top', async () => {
    for (let last = 0; last < 300; last += 50) await settle(at(last, last))
    const before = numbers()
    shelf.arrive(...range(1_001, 1_007))
    await settle(at(200, 210))
    expect(numbers()).toEqual(before)
    expect(listing.waiting()).toBe(7)
    await settle(TOP)
    const from = Math.min(...numbers())
    expect(numbers()).toEqual(range(from, 1_007).reverse())
    expect(listing.waiting()).toBe(0)
  })

  it('asks again only for the top and for what is on screen', async () => {
    for (let last = 0; last < 900; last += 50) await settle(at(last, last))
    shelf.asked = []
    shelf.arrive(1_001)
    await settle(at(445, 455))
    // The top takes two questions, because what has come has pushed its floor out of the first answer.
    expect(shelf.asked.map(({ before }) => before)).toEqual([null, '902', '601'])
  })

  it('begins anew at the top rather than fetching thousands that nobody looks at', async () => {
    for (let last = 0; last < 300; last += 50) await settle(at(last, last))
    shelf.arrive(...range(1_001, 5_000))
    shelf.asked = []
    await settle(TOP)
    expect(shelf.asked).toHaveLength(1)
    expect(numbers()).toEqual(range(4_901, 5_000).reverse())
  })

  it.each([
    ['reads the first row', at(0, 8)],
    ['is further down', at(200, 210)],
  ])('keeps every row while one %s, however many come, and asks for little', async (_, look) => {
    for (let last = 0; last < 300; last += 50) await settle(at(last, last))
    const kept = numbers()
    for (const count of [3, 96, 1, 700, 0, 50, 1_200]) {
      const from = Math.max(...shelf.numbers) + 1
      shelf.arrive(...range(from, from + count - 1))
      await settle(look)
      expect(numbers()).toEqual(kept)
      expect(listing.waiting()).toBe(Math.min(PAGE_ROWS, shelf.numbers.length - 1_000))
    }
    shelf.asked = []
    shelf.arrive(90_000)
    await settle(look)
    expect(
      shelf.asked.reduce((sum, { limit }) => sum + limit, 0),
      'what is only counted is not asked for again',
    ).toBeLessThan(1_000)
    expect(numbers()).toEqual(kept)
  })

  it('shows what becomes of rows while new ones wait', async () => {
    await settle(TOP)
    shelf.arrive(...range(1_001, 1_500))
    await settle(at(0, 8))
    shelf.remove(999, 1_400)
    await settle(at(0, 8))
    expect(numbers().slice(0, 3)).toEqual([1_000, 998, 997])
    shelf.remove(...range(1_003, 1_500))
    await settle(at(0, 8))
    expect(listing.waiting()).toBe(2)
    expect(numbers()[0]).toBe(1_000)
  })

  it('drops rows that have left the list, also at the seam of two stretches', async () => {
    for (let last = 0; last < 200; last += 50) await settle(at(last, last))
    shelf.remove(950, 901, 900, 850)
    await settle(at(90, 110))
    const gone = [950, 901, 900, 850]
    // What has left makes room at the end; between the stretches nothing is lost or shown twice.
    const expected = range(Math.min(...numbers()), 1_000).reverse()
    expect(numbers()).toEqual(expected.filter((n) => !gone.includes(n)))
  })

  it('survives an empty list that fills', async () => {
    shelf = new Shelf([])
    listing = new Listing(shelf.ask)
    await settle(TOP)
    expect(numbers()).toEqual([])
    expect(listing.isComplete()).toBe(true)
    shelf.arrive(1, 2)
    await settle(TOP)
    expect(numbers()).toEqual([2, 1])
  })
})

describe('what is put off', () => {
  it('is paged and kept with the soonest first', async () => {
    // As the backend has it: each page goes on where the last ended, and the smallest time is on top.
    let numbers = range(100, 400)
    const ask = (before: string | null, limit: number): Promise<Page> => {
      const rest = numbers.filter((n) => before === null || n > Number(before)).sort((a, b) => a - b)
      const rows = rest.slice(0, limit).map(row)
      return Promise.resolve({ rev: 1, rows, next: rest.length > limit ? (rows.at(-1)?.id ?? null) : null })
    }
    const listing = new Listing(ask, isSooner)
    const settle = async (rev: number, look: Look) => {
      while (await listing.step(rev, look));
    }
    await settle(1, at(0, 8))
    await settle(1, at(80, 90))
    expect(listing.rows().map(({ id }) => Number(id))).toEqual(range(100, 299))
    numbers = [...numbers, 50, 60, 150].filter((n) => n !== 120)
    await settle(2, at(80, 90))
    expect(listing.waiting()).toBe(2)
    expect(
      listing
        .rows()
        .slice(0, 22)
        .map(({ id }) => Number(id)),
    ).toEqual([...range(100, 119), 121, 122])
  })
})

describe('the order', () => {
  it('is by time, then by id as a number', () => {
    const at = '2026-01-01T00:00:00.000Z'
    expect(isNewer({ at: '2026-01-01T00:00:00.001Z', id: '1' }, { at, id: '9' })).toBe(true)
    expect(isNewer({ at, id: '10' }, { at, id: '9' })).toBe(true)
    expect(isNewer({ at, id: '9' }, { at, id: '9' })).toBe(false)
  })
})
