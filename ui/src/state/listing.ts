// A list of messages as stretches that were asked for one by one, newest first. Paging is by key: what
// arrives on top moves no stretch below, so only the stretches that are looked at are asked for again.
// No clock, no DOM, no reactivity; `list.ts` drives it.

import type { MessageRow } from '../bridge/generated/MessageRow'
import type { Page } from '../bridge/generated/Page'
import type { PageKey } from '../bridge/generated/PageKey'

/** Rows of an ordinary question. */
export const PAGE_ROWS = 100
/** Rows of a question that has to catch up; the most that one may ask for. */
const CATCH_UP_ROWS = 500
/** How close to the end of what is loaded one may look before more is asked for, in rows. */
const AHEAD_ROWS = 40

/** What was searched for, as it stands in a row: stretches in UTF-16 units. */
export interface Hits {
  title: readonly (readonly [number, number])[]
  preview: readonly (readonly [number, number])[]
}

/** A row, and in a search what was found in it. */
export type ListRow = MessageRow & { hits?: Hits }

/** Asks for a stretch. */
export type Ask = (before: PageKey | null, limit: number) => Promise<Omit<Page, 'rows'> & { rows: ListRow[] }>

/** The rows that are on screen: first and last index, both inclusive. */
export interface Look {
  first: number
  last: number
}

/** The list's order: what decides is the time, then the id. */
export type Place = Pick<MessageRow, 'at' | 'id'>

interface Stretch {
  /** What it was asked for with. */
  before: PageKey | null
  rows: ListRow[]
  /** The lowest place that belongs to it: where the next stretch begins. */
  floor: Place | null
  next: PageKey | null
  rev: number
}

/** Whether `a` stands above `b` (is newer); both from the same list. */
export function isAbove(a: Place, b: Place): boolean {
  if (a.at !== b.at) return a.at > b.at
  if (a.id.length !== b.id.length) return a.id.length > b.id.length
  return a.id > b.id
}

/** A list, as far as it has been loaded. */
export class Listing {
  private stretches: Stretch[] = []

  constructor(private readonly ask: Ask) {}

  /** All loaded rows in order. */
  rows(): ListRow[] {
    return this.stretches.flatMap((stretch) => stretch.rows)
  }

  /** Whether the end of the list is loaded. */
  isComplete(): boolean {
    const last = this.stretches.at(-1)
    return last !== undefined && last.next === null
  }

  /**
   * Does the one most urgent thing for someone who looks at `look` and knows of `rev`: the first stretch,
   * the stretches on screen, then more at the end.
   *
   * @returns whether there was anything to do
   */
  async step(rev: number, look: Look): Promise<boolean> {
    if (this.stretches.length === 0) {
      this.stretches = [await this.load(null, PAGE_ROWS, rev)]
      return true
    }
    const stale = this.staleAt(rev, look)
    if (stale !== null) {
      await this.refresh(stale, rev, look)
      return true
    }
    const last = this.stretches.at(-1)
    if (last && last.next !== null && look.last + AHEAD_ROWS >= this.length()) {
      this.stretches.push(await this.load(last.next, PAGE_ROWS, rev))
      return true
    }
    return false
  }

  private staleAt(rev: number, look: Look): number | null {
    let top = 0
    for (const [index, stretch] of this.stretches.entries()) {
      const bottom = top + stretch.rows.length
      const seen = index === 0 || (top <= look.last + AHEAD_ROWS && bottom >= look.first - AHEAD_ROWS)
      if (seen && stretch.rev < rev) return index
      top = bottom
    }
    return null
  }

  /** Asks for one stretch again, down to its floor, however much has come into it. */
  private async refresh(index: number, rev: number, look: Look): Promise<void> {
    const old = this.stretches[index]
    if (!old) return
    const fresh = await this.load(old.before, PAGE_ROWS, rev)
    const isLast = index === this.stretches.length - 1
    const reaches = () => {
      const floor = old.floor
      const end = fresh.rows.at(-1)
      return fresh.next === null || floor === null || (end !== undefined && !isAbove(end, floor))
    }
    if (index === 0 && !reaches() && look.last < PAGE_ROWS) {
      // Much has come, and nobody looks further down: begin anew rather than fetch all of it.
      this.stretches = [fresh]
      return
    }
    while (!reaches() && fresh.next !== null) {
      const more = await this.load(fresh.next, CATCH_UP_ROWS, rev)
      fresh.rows.push(...more.rows)
      fresh.next = more.next
      fresh.floor = more.floor ?? fresh.floor
    }
    if (!isLast) {
      const floor = old.floor
      if (floor !== null) fresh.rows = fresh.rows.filter((row) => !isAbove(floor, row))
      fresh.floor = floor
      fresh.next = old.next
    }
    this.stretches[index] = fresh
  }

  private async load(before: PageKey | null, limit: number, rev: number): Promise<Stretch> {
    let page = await this.ask(before, limit)
    // Of what is rare a stretch may be empty although the list goes on.
    while (page.rows.length === 0 && page.next !== null) page = await this.ask(page.next, limit)
    const end = page.rows.at(-1)
    return {
      before,
      rows: [...page.rows],
      floor: end ? { at: end.at, id: end.id } : null,
      next: page.next,
      // An answer is never asked for twice for the same view, even if its own rev should lag.
      rev: Math.max(page.rev, rev),
    }
  }

  private length(): number {
    return this.stretches.reduce((sum, stretch) => sum + stretch.rows.length, 0)
  }
}
