// Keeps the keyboard's place: where what has the focus goes away or is out of order for a moment, the focus is not
// lost to nowhere.

import { onScopeDispose } from 'vue'

/** Where the focus goes when it has no place: the first of these that can be seen. */
const HOME = '[data-home]'

/** Follows the focus for as long as the calling component lives. */
export function keepFocus(): void {
  let last: Element | null = null
  let placed: Element | null = null
  let waiting: ReturnType<typeof setTimeout> | undefined

  function onFocus({ target }: FocusEvent): void {
    last = target instanceof Element ? target : null
    placed = null
  }

  /** Who clicks beside everything means to have the focus nowhere. */
  function onPointer({ target }: PointerEvent): void {
    if (target instanceof Element && last !== null && !last.contains(target)) last = null
  }

  /** On its way from one control to another the focus is nowhere for a moment: only where it comes to rest counts. */
  function check(): void {
    clearTimeout(waiting)
    waiting = setTimeout(settle)
  }

  function settle(): void {
    const at = document.activeElement
    // A page that is just opening may have a better place once it has loaded.
    if (placed !== null && at === placed) return goHome()
    if (last === null || at !== document.body) return
    if (!canBeSeen(last)) goHome()
    else if (last instanceof HTMLElement && !last.matches(':disabled')) last.focus({ preventScroll: true })
  }

  function goHome(): void {
    const home = [...document.querySelectorAll<HTMLElement>(HOME)].find(canBeSeen)
    if (home === undefined || home === document.activeElement) return
    home.focus({ preventScroll: true })
    placed = home
  }

  const observer = new MutationObserver(check)
  observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled', 'class'] })
  document.addEventListener('focusin', onFocus)
  document.addEventListener('pointerdown', onPointer)
  onScopeDispose(() => {
    observer.disconnect()
    clearTimeout(waiting)
    document.removeEventListener('focusin', onFocus)
    document.removeEventListener('pointerdown', onPointer)
  })
}

function canBeSeen(element: Element): boolean {
  return element.isConnected && element.checkVisibility({ visibilityProperty: true })
}
