// Tells the backend whether the user looks at a list that shows whatever comes, so that popups can give way to it.

import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import { useRoute, type LocationQuery } from 'vue-router'

import type { Attention } from '../bridge/generated/Attention'
import type { Belfry } from './belfry'
import { PANE_OVER_BELOW, useMedia } from './media'
import { conditions, listedOf, NO_FILTER } from './route'

/** After so many milliseconds without a key or the mouse nobody is taken to sit before the window. */
export const AWAY_MS = 120_000

const INPUT = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const

/** Follows the window's focus, its page and its input, from the first view on. */
export function useAttention(belfry: Pick<Belfry, 'attempt' | 'view'>): void {
  const route = useRoute()
  const present = usePresence()
  const paneIsOver = useMedia(PANE_OVER_BELOW)
  let told: Attention | null = null
  const tell = () => {
    // Until then there is nothing to look at, and nobody to tell.
    if (belfry.view.value === null) return
    const to = document.hasFocus() && present.value && isInSight() ? 'inbox' : 'elsewhere'
    if (to === told) return
    told = to
    // Nobody asked for it: where it fails, popups come or stay away, and no bar says so.
    void belfry.attempt({ type: 'attend', to }).catch(() => null)
  }
  const isInSight = () => {
    const isCovered = paneIsOver.value && typeof route.query['messageId'] === 'string'
    return route.name === 'inbox' && listsAll(route.query) && !isCovered
  }
  window.addEventListener('focus', tell)
  window.addEventListener('blur', tell)
  watch(() => [isInSight(), belfry.view.value === null, present.value], tell, { immediate: true })
  onScopeDispose(() => {
    window.removeEventListener('focus', tell)
    window.removeEventListener('blur', tell)
  })
}

/** Whether the list has every message that comes. What is missing in a narrower one still needs its popup. */
function listsAll(query: LocationQuery): boolean {
  const { tab, source, text, filter } = listedOf(query)
  const narrows = source !== null || text !== '' || conditions(filter ?? NO_FILTER) > 0
  return (tab.type === 'all' || tab.type === 'unread') && !narrows
}

/** Whether somebody sits before the window: a locked screen takes no focus from it. */
function usePresence(): Readonly<ShallowRef<boolean>> {
  const present = shallowRef(true)
  let latest = Date.now()
  let timer = setTimeout(look, AWAY_MS)
  function look(): void {
    const rest = latest + AWAY_MS - Date.now()
    present.value = rest > 0
    if (present.value) timer = setTimeout(look, rest)
  }
  function acted(): void {
    latest = Date.now()
    if (!present.value) look()
  }
  const events = [...INPUT, 'focus']
  for (const name of events) window.addEventListener(name, acted, { passive: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    for (const name of events) window.removeEventListener(name, acted)
  })
  return present
}
