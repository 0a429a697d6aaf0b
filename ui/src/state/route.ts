// What the address says: which tab is shown and which message is open. Both stand there and nowhere else.

import { computed, watch, type ComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQuery, type RouteLocationRaw } from 'vue-router'

import type { Filter } from '../bridge/generated/Filter'
import type { Matching } from '../bridge/generated/Matching'
import type { MessageId } from '../bridge/generated/MessageId'
import type { SourceId } from '../bridge/generated/SourceId'
import type { Tab } from '../bridge/generated/Tab'

/** Reads one text from an address's query. */
function text(query: LocationQuery, name: string): string | null {
  const value = query[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** The tab that an address names; all messages where it names none. */
export function tabOf(query: LocationQuery): Tab {
  const kind = text(query, 'kind')
  if (query['tab'] === 'unread') return { type: 'unread' }
  if (query['tab'] === 'archived') return { type: 'archived' }
  if (query['tab'] === 'snoozed') return { type: 'snoozed' }
  if (query['tab'] === 'kind' && kind !== null) return { type: 'kind', kind }
  return { type: 'all' }
}

/** Which messages are listed: a tab, what came from one source, or what is found with a text. */
export interface Listed {
  tab: Tab
  source: SourceId | null
  /** What is searched for, in what {@link searched} says or in the source; nothing if empty or missing. */
  text?: string
  /** What narrows it; nothing if missing. */
  filter?: Filter
}

/** A filter that narrows nothing. */
export const NO_FILTER: Readonly<Filter> = { link: false, pinned: false, unread: false }

/** In which list a text is searched for: in the one that is shown; from the inbox in everything, the archive too. */
export function searched({ tab }: Listed): Tab | null {
  return tab.type === 'all' ? null : tab
}

/** All that a list has, as the backend is asked for it. */
export function matchingOf(listed: Listed): Matching {
  const { tab, source, text: sought = '', filter = NO_FILTER } = listed
  return { tab: sought === '' ? tab : searched(listed), source, filter, text: sought }
}

/** What narrows the list that an address names. */
export function filterOf(query: LocationQuery): Filter {
  const whole = (name: string, most: number) => {
    const value = Number(text(query, name) ?? '')
    return Number.isInteger(value) && value >= 1 && value <= most ? value : null
  }
  const moment = (name: string) => {
    const at = Date.parse(text(query, name) ?? '')
    return Number.isNaN(at) ? null : new Date(at).toISOString()
  }
  const kind = text(query, 'of')
  const [since, until] = [moment('since'), moment('until')]
  const [priority, days] = [whole('priority', 5), whole('days', 3_650)]
  return {
    ...(kind === null ? {} : { kind }),
    ...(priority === null ? {} : { priority }),
    ...(days === null ? {} : { days }),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
    link: query['link'] === '1',
    pinned: query['pinned'] === '1',
    unread: query['unread'] === '1',
  }
}

/** How many conditions a filter has. */
export function conditions({ link, pinned, unread, ...others }: Filter): number {
  const set = [link, pinned, unread].filter((condition) => condition)
  return set.length + Object.values(others).filter((condition) => condition !== null).length
}

/** The list that an address names. */
export function listedOf(query: LocationQuery): Listed {
  return {
    tab: tabOf(query),
    source: text(query, 'source'),
    text: text(query, 'q') ?? '',
    filter: filterOf(query),
  }
}

/** The query that names a list. */
export function queryOf({
  tab,
  source,
  text: sought = '',
  filter = NO_FILTER,
}: Listed): Record<string, string> {
  const from: Record<string, string> = source === null ? {} : { source }
  if (sought !== '') from['q'] = sought
  const { kind, priority, days, since, until, link, pinned, unread } = filter
  if (typeof kind === 'string') from['of'] = kind
  if (typeof priority === 'number') from['priority'] = String(priority)
  if (typeof days === 'number') from['days'] = String(days)
  if (typeof since === 'string') from['since'] = since
  if (typeof until === 'string') from['until'] = until
  if (link) from['link'] = '1'
  if (pinned) from['pinned'] = '1'
  if (unread) from['unread'] = '1'
  switch (tab.type) {
    case 'all':
      return from
    case 'unread':
    case 'archived':
    case 'snoozed':
      return { ...from, tab: tab.type }
    case 'kind':
      return { ...from, tab: 'kind', kind: tab.kind }
  }
}

/** The address as state. */
export interface Place {
  listed: ComputedRef<Listed>
  openId: ComputedRef<MessageId | null>
  /** Where a message stands in the present list; without one, the list alone. */
  at(id: MessageId | null): RouteLocationRaw
  /** Opens a message, or closes the pane. */
  open(id: MessageId | null): Promise<void>
  /** Lists something else. */
  list(listed: Listed): Promise<void>
  /** Lists what is found with a text; what was listed before where it is empty. */
  search(sought: string): Promise<void>
}

/** The address of the window. */
export function usePlace(): Place {
  const route = useRoute()
  const router = useRouter()
  const listed = computed(() => listedOf(route.query))
  const openId = computed(() => text(route.query, 'messageId'))

  function at(id: MessageId | null): RouteLocationRaw {
    const query = queryOf(listed.value)
    return { name: 'inbox', query: id === null ? query : { ...query, messageId: id } }
  }

  return {
    listed,
    openId,
    at,
    async open(id) {
      // From message to message the history does not grow: going back leads to the list.
      const paneIsOpen = openId.value !== null || route.name !== 'inbox'
      await (id !== null && paneIsOpen ? router.replace(at(id)) : router.push(at(id)))
    },
    async list(to) {
      await router.push({ name: 'inbox', query: queryOf(to) })
    },
    async search(sought) {
      // One step in the history for a whole search, however many keys it takes.
      const to = { name: 'inbox', query: queryOf({ ...listed.value, text: sought }) }
      await (listed.value.text === '' ? router.push(to) : router.replace(to))
    },
  }
}

/**
 * Leads to the inbox when the source that the address names is removed, or was before the window came to it. A source
 * that is not known yet stays: the address may be ahead of the view that has it.
 */
export function leaveGone(known: () => readonly SourceId[]): void {
  const route = useRoute()
  const router = useRouter()
  const named = () => (route.name === 'source' ? String(route.params['id']) : text(route.query, 'source'))
  watch(
    known,
    (now, before) => {
      const id = named()
      if (id === null || now.includes(id) || before?.includes(id) === false) return
      void router.replace({ name: 'inbox' })
    },
    { immediate: true },
  )
}
