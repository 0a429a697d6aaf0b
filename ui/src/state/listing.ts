// A list of messages as stretches that were asked for one by one, in the list's order. Paging is by key: what
// arrives on top moves no stretch below, so only the stretches that are looked at are asked for again.
// No clock, no DOM, no reactivity; `list.ts` drives it.

import type { MessageRow } from '../bridge/generated/MessageRow'
import type { Page } from '../bridge/generated/Page'
import type { PageKey } from '../bridge/generated/PageKey'
import { sharing } from './sharing'

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

/** What the user does with the list: somebody who reads wants nothing to move. */
export type Use = 'browsing' | 'reading'

/** The rows that are on screen: first and last index, both inclusive. */
export interface Look {
  first: number
  last: number
  /** Who reads is told of new messages; who browses at the top gets them. */
  use: Use
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

/** Whether `a` stands above `b` in lists that have the newest first. */
export function isNewer(a: Place, b: Place): boolean {
  if (a.at !== b.at) return a.at > b.at
  if (a.id.length !== b.id.length) return a.id.length > b.id.length
  return a.id > b.id
}

/** Whether `a` stands above `b` where what comes back soonest is first. */
export function isSooner(a: Place, b: Place): boolean {
  return isNewer(b, a)
}

/** A list, as far as it has been loaded. */
export class Listing {
  private stretches: Stretch[] = []
  /** What stands above it came while somebody read. */
  private ceiling: Place | null = null
  private above = 0

  constructor(
    private readonly ask: Ask,
    private readonly isAbove: (a: Place, b: Place) => boolean = isNewer,
  ) {}

  /** How many have come while somebody reads and are not among the rows, as far as one question tells. */
  waiting(): number {
    return this.above
  }

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
      this.raiseCeiling()
      return true
    }
    this.letIn(look)
    const stale = this.staleAt(rev, look)
    if (stale !== null) {
      if (stale === 0) await this.refreshTop(rev, look)
      else
        await this.refresh(
          stale,
          await this.load(this.stretches[stale]?.before ?? null, PAGE_ROWS, rev, this.stretches[stale]),
          rev,
        )
      return true
    }
    const last = this.stretches.at(-1)
    if (last && last.next !== null && look.last + AHEAD_ROWS >= this.length()) {
      this.stretches.push(await this.load(last.next, PAGE_ROWS, rev))
      return true
    }
    return false
  }

  /** What waits comes in as soon as nobody reads any more. */
  private letIn(look: Look): void {
    const [top] = this.stretches
    if (look.use === 'browsing' && this.above > 0 && top) {
      this.stretches[0] = { ...top, before: null, rev: -1 }
    }
  }

  private raiseCeiling(): void {
    const top = this.stretches[0]?.rows[0]
    if (top && (this.ceiling === null || this.isAbove(top, this.ceiling))) this.ceiling = top
    this.above = 0
  }

  /** Asks for the first stretch again. While somebody reads, what has come above it is only counted. */
  private async refreshTop(rev: number, look: Look): Promise<void> {
    const [old] = this.stretches
    if (!old) return
    const top = await this.load(null, PAGE_ROWS, rev, old)
    if (look.use === 'browsing') {
      // Who browses is at the top: begin anew rather than fetch much that nobody looks at.
      if (this.reaches(top, old.floor)) await this.refresh(0, top, rev)
      else this.stretches = [top]
      this.raiseCeiling()
      return
    }
    const isNew = (row: Place) => this.ceiling !== null && this.isAbove(row, this.ceiling)
    const goesOn = (page: Stretch) => page.next !== null && page.rows.every(isNew)
    this.above = top.rows.filter(isNew).length
    let page = top
    // What is known to be new is passed over: however long it goes on, nobody fetches it again and again.
    if (goesOn(page)) page = await this.load(old.before ?? page.next, PAGE_ROWS, rev, old)
    while (goesOn(page)) page = await this.load(page.next, CATCH_UP_ROWS, rev, old)
    await this.refresh(0, page, rev)
    const [fresh] = this.stretches
    if (fresh) this.stretches[0] = { ...fresh, rows: fresh.rows.filter((row) => !isNew(row)) }
    if (this.ceiling === null) this.raiseCeiling()
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

  /** Replaces one stretch by a fresh one, down to its floor, however much has come into it. */
  private async refresh(index: number, fresh: Stretch, rev: number): Promise<void> {
    const old = this.stretches[index]
    if (!old) return
    while (!this.reaches(fresh, old.floor) && fresh.next !== null) {
      const more = await this.load(fresh.next, CATCH_UP_ROWS, rev, old)
      fresh.rows.push(...more.rows)
      fresh.next = more.next
      fresh.floor = more.floor ?? fresh.floor
    }
    if (index < this.stretches.length - 1) {
      const floor = old.floor
      if (floor !== null) fresh.rows = fresh.rows.filter((row) => !this.isAbove(floor, row))
      fresh.floor = floor
      fresh.next = old.next
    }
    this.stretches[index] = fresh
  }

  /** Whether a stretch goes down to a place. */
  private reaches({ rows, next }: Stretch, floor: Place | null): boolean {
    const end = rows.at(-1)
    return next === null || floor === null || (end !== undefined && !this.isAbove(end, floor))
  }

  /** Asks for a stretch. Rows that say the same as in `old` are the same. */
  private async load(before: PageKey | null, limit: number, rev: number, old?: Stretch): Promise<Stretch> {
    let page = await this.ask(before, limit)
    // Of what is rare a stretch may be empty although the list goes on.
    while (page.rows.length === 0 && page.next !== null) page = await this.ask(page.next, limit)
    const end = page.rows.at(-1)
    return {
      before,
      rows: [...sharing(old?.rows, page.rows)],
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
