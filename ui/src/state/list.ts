// The list on screen: drives a `Listing` for the list in the route, one question at a time, and keeps the
// open message in the Unread tab for as long as it is open.

import { onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import type { Failure } from '../bridge/generated/Failure'
import type { Found } from '../bridge/generated/Found'
import type { Highlight } from '../bridge/generated/Highlight'
import type { MessageId } from '../bridge/generated/MessageId'
import type { PageKey } from '../bridge/generated/PageKey'
import type { Belfry } from './belfry'
import { isNewer, isSooner, Listing, type Ask, type ListRow, type Look } from './listing'
import { NO_FILTER, searched, type Listed } from './route'

/** What a list part needs. */
export interface List {
  /** The loaded rows. */
  rows: Readonly<ShallowRef<ListRow[]>>
  /** How many have come while somebody reads, above the rows; more than one question tells are as many as it tells. */
  waiting: Readonly<ShallowRef<number>>
  /** Whether the rows are all that the list has. */
  complete: Readonly<ShallowRef<boolean>>
  /** Whether the first answer is still awaited. */
  loading: Readonly<ShallowRef<boolean>>
  /** Why the last question was not answered. */
  failure: Readonly<ShallowRef<Failure | null>>
  /** Tells which rows are on screen, so that they are kept fresh and more is fetched in time. */
  lookAt(look: Look): void
  /** Lets in what has come, however much: the rows begin anew at the top. */
  toNewest(): void
  /** Asks again after a failure. */
  retry(): void
}

const TOP: Look = { first: 0, last: 0, use: 'browsing' }

/** Keeps the list fresh that `listed` names. `open` is the message that is being read. */
export function useList(belfry: Belfry, listed: Ref<Listed>, open: Ref<MessageId | null>): List {
  const rows = shallowRef<ListRow[]>([])
  const waiting = shallowRef(0)
  const complete = shallowRef(false)
  const loading = shallowRef(true)
  const failure = shallowRef<Failure | null>(null)
  let listing = makeListing(listed.value)
  let look: Look = TOP
  let loaded: ListRow[] = []
  let running = false
  let disposed = false

  function makeListing(of: Listed): Listing {
    const { tab, source, text = '', filter = NO_FILTER } = of
    if (text !== '') return new Listing((before, limit) => found(of, before, limit))
    const ask: Ask = (before, limit) => belfry.query({ type: 'page', tab, source, filter, before, limit })
    return new Listing(ask, tab.type === 'snoozed' ? isSooner : isNewer)
  }

  async function found(of: Listed, before: PageKey | null, limit: number): ReturnType<Ask> {
    const { text = '', source, filter = NO_FILTER } = of
    const tab = searched(of)
    const {
      rev,
      rows: hits,
      next,
    } = await belfry.query({ type: 'search', text, tab, source, filter, before, limit })
    const ends = (marks: readonly Highlight[]) => marks.map(({ start, end }) => [start, end] as const)
    const row = ({ row: hit, title, preview }: Found): ListRow => ({
      ...hit,
      hits: { title: ends(title), preview: ends(preview) },
    })
    return { rev, rows: hits.map(row), next }
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    try {
      while (!disposed && belfry.view.value !== null) {
        const current = listing
        // Nobody reads in an empty list, and no part tells where one looks.
        const more = await current.step(belfry.view.value.inbox.rev, rows.value.length === 0 ? TOP : look)
        if (current !== listing) continue
        failure.value = null
        if (!more) break
        waiting.value = current.waiting()
        complete.value = current.isComplete() && waiting.value === 0
        publish(current.rows())
        // A stretch of a search may hold nothing although the search goes on.
        loading.value = rows.value.length === 0 && !current.isComplete()
      }
    } catch (thrown) {
      failure.value = thrown as Failure
      loading.value = false
    } finally {
      running = false
    }
  }

  function publish(next: ListRow[]): void {
    loaded = next
    rows.value = listed.value.tab.type === 'unread' ? withOpen(next) : next
  }

  /** A message does not vanish from under the reader because reading it has marked it read. */
  function withOpen(next: ListRow[]): ListRow[] {
    const id = open.value
    if (id === null || next.some((row) => row.id === id)) return next
    const kept = rows.value.find((row) => row.id === id)
    if (!kept) return next
    const at = next.findIndex((row) => isNewer(kept, row))
    const index = at < 0 ? next.length : at
    return [...next.slice(0, index), { ...kept, unread: false }, ...next.slice(index)]
  }

  function toNewest(): void {
    listing = makeListing(listed.value)
    void run()
  }

  watch(listed, (next, before) => {
    if (JSON.stringify(next) === JSON.stringify(before)) return
    listing = makeListing(next)
    look = TOP
    loading.value = true
    loaded = []
    rows.value = []
    waiting.value = 0
    complete.value = false
    void run()
  })
  watch(open, (id) => {
    if (listed.value.tab.type === 'unread') publish(loaded)
    // What is opened from outside may be what has just come.
    if (waiting.value > 0 && id !== null && !loaded.some((row) => row.id === id)) toNewest()
  })
  watch(
    () => belfry.view.value?.inbox.rev,
    () => void run(),
    { immediate: true },
  )
  onScopeDispose(() => {
    disposed = true
  })

  return {
    rows,
    waiting,
    complete,
    loading,
    failure,
    lookAt(next) {
      look = next
      void run()
    },
    toNewest,
    retry() {
      failure.value = null
      void run()
    },
  }
}
