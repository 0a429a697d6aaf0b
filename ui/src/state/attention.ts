// Tells the backend whether the user looks at the inbox, so that popups can give way to the list.

import { onScopeDispose, watch } from 'vue'
import { useRoute } from 'vue-router'

import type { Attention } from '../bridge/generated/Attention'
import type { Belfry } from './belfry'

/** Follows the window's focus and its page, from the first view on. */
export function useAttention(belfry: Pick<Belfry, 'attempt' | 'view'>): void {
  const route = useRoute()
  let told: Attention | null = null
  const tell = () => {
    // Until then there is nothing to look at, and nobody to tell.
    if (belfry.view.value === null) return
    const to = document.hasFocus() && route.name === 'inbox' ? 'inbox' : 'elsewhere'
    if (to === told) return
    told = to
    // Nobody asked for it: where it fails, popups come or stay away, and no bar says so.
    void belfry.attempt({ type: 'attend', to }).catch(() => null)
  }
  window.addEventListener('focus', tell)
  window.addEventListener('blur', tell)
  watch(() => [route.name, belfry.view.value === null], tell, { immediate: true })
  onScopeDispose(() => {
    window.removeEventListener('focus', tell)
    window.removeEventListener('blur', tell)
  })
}
