// What the address says: which tab is shown and which message is open. Both stand there and nowhere else.

import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQuery, type RouteLocationRaw } from 'vue-router'

import type { MessageId } from '../bridge/generated/MessageId'
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
  if (query['tab'] === 'kind' && kind !== null) return { type: 'kind', kind }
  return { type: 'all' }
}

/** The query that names a tab. */
export function queryOf(tab: Tab): Record<string, string> {
  switch (tab.type) {
    case 'all':
      return {}
    case 'unread':
      return { tab: 'unread' }
    case 'kind':
      return { tab: 'kind', kind: tab.kind }
    case 'archived':
      return { tab: 'archived' }
  }
}

/** The address as state. */
export interface Place {
  tab: ComputedRef<Tab>
  openId: ComputedRef<MessageId | null>
  /** Where a message stands in the present tab; without one, the list alone. */
  at(id: MessageId | null): RouteLocationRaw
  /** Opens a message, or closes the pane. */
  open(id: MessageId | null): Promise<void>
}

/** The address of the window. */
export function usePlace(): Place {
  const route = useRoute()
  const router = useRouter()
  const tab = computed(() => tabOf(route.query))
  const openId = computed(() => text(route.query, 'messageId'))

  function at(id: MessageId | null): RouteLocationRaw {
    const query = queryOf(tab.value)
    return { name: 'inbox', query: id === null ? query : { ...query, messageId: id } }
  }

  return {
    tab,
    openId,
    at,
    async open(id) {
      // From message to message the history does not grow: going back leads to the list.
      const paneIsOpen = openId.value !== null || route.name !== 'inbox'
      await (id !== null && paneIsOpen ? router.replace(at(id)) : router.push(at(id)))
    },
  }
}
