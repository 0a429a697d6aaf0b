// Whether the window is in a certain shape.

import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'

/** Below this the sidebar becomes a drawer. */
export const DRAWER_BELOW = '(width < 960px)'
/** Below this the reading pane lies over the list. */
export const PANE_OVER_BELOW = '(width < 640px)'

/** Whether a media query holds, as it changes. */
export function useMedia(query: string): Readonly<ShallowRef<boolean>> {
  const list = window.matchMedia(query)
  const holds = shallowRef(list.matches)
  const update = () => {
    holds.value = list.matches
  }
  list.addEventListener('change', update)
  onScopeDispose(() => list.removeEventListener('change', update))
  return holds
}
