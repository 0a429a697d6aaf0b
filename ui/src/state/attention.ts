// Tells the backend whether the user looks at the inbox, so that popups can give way to the list.

import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import { useRoute } from 'vue-router'

import type { Attention } from '../bridge/generated/Attention'
import type { Belfry } from './belfry'

/** After so many milliseconds without a key or the mouse nobody is taken to sit before the window. */
export const AWAY_MS = 120_000

const INPUT = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const

/** Follows the window's focus, its page and its input, from the first view on. */
export function useAttention(belfry: Pick<Belfry, 'attempt' | 'view'>): void {
  const route = useRoute()
  const present = usePresence()
  let told: Attention | null = null
  const tell = () => {
    // Until then there is nothing to look at, and nobody to tell.
    if (belfry.view.value === null) return
    const to = document.hasFocus() && present.value && route.name === 'inbox' ? 'inbox' : 'elsewhere'
    if (to === told) return
    told = to
    // Nobody asked for it: where it fails, popups come or stay away, and no bar says so.
    void belfry.attempt({ type: 'attend', to }).catch(() => null)
  }
  window.addEventListener('focus', tell)
  window.addEventListener('blur', tell)
  watch(() => [route.name, belfry.view.value === null, present.value], tell, { immediate: true })
  onScopeDispose(() => {
    window.removeEventListener('focus', tell)
    window.removeEventListener('blur', tell)
  })
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
