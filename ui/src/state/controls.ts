// Which control somebody has just used: it shows that an answer is awaited, and what failed is said beside it.

import { onScopeDispose, shallowRef, watchEffect, type ShallowRef } from 'vue'

/** How long an answer may take before the control shows that it is awaited, in milliseconds. */
const PROMPT = 50

/** What people act with; a row stands for the list that has the focus. */
const CONTROL =
  'button, a, label, select, textarea, input, [role=option], [role=gridcell], [role=switch], [draggable=true]'

const EVENTS = ['click', 'keydown', 'input', 'change', 'submit', 'drop', 'pointerup'] as const

/** The control in use. */
export interface Controls {
  /**
   * What the present event is about: a control, or the page where it is none. Nothing outside of an event: what the
   * window does by itself.
   */
  used(): Element | null
}

/** For where nobody uses anything. */
export const NO_CONTROLS: Controls = { used: () => null }

/** Follows the controls of a page, for as long as the page lives. */
export function followControls(page: Document): Controls {
  let present: Element | null = null
  let over: ReturnType<typeof setTimeout> | undefined
  const note = (event: Event) => {
    present = controlOf(event) ?? page.documentElement
    clearTimeout(over)
    over = setTimeout(() => (present = null))
  }
  for (const event of EVENTS) page.addEventListener(event, note, { capture: true })
  return { used: () => present }
}

function controlOf(event: Event): Element | null {
  if (event instanceof SubmitEvent && event.submitter !== null) return event.submitter
  if (!(event.target instanceof Element)) return null
  const row = event.target.getAttribute('aria-activedescendant')
  const control = (row === null ? null : document.getElementById(row)) ?? event.target.closest(CONTROL)
  // Of a switch or a choice only what is drawn around its field can be seen.
  return control?.matches('[type=checkbox], [type=radio]') === true
    ? (control.closest('label, .el-switch') ?? control)
    : control
}

const waiting = new WeakMap<Element, number>()

/** Shows `control` busy while the answer is awaited, once that is no longer prompt. */
export async function awaited<T>(control: Element | null, answer: Promise<T>): Promise<T> {
  if (control === null) return answer
  let counted = 0
  const count = (change: 1 | -1) => {
    const now = (waiting.get(control) ?? 0) + change
    counted += change
    waiting.set(control, now)
    if (now > 0) control.setAttribute('aria-busy', 'true')
    else control.removeAttribute('aria-busy')
  }
  const late = setTimeout(() => count(1), PROMPT)
  try {
    return await answer
  } finally {
    clearTimeout(late)
    if (counted > 0) count(-1)
  }
}

/** Where something stands beside a control, in pixels of the window. */
export interface Beside {
  left: number
  top: number
}

const GAP = 6
const MARGIN = 16

/**
 * Follows where `part` stands beside a control: below it, or above where there is no room; within the window.
 * Nothing where there is no such control, or it cannot be seen any more.
 */
export function useBeside(
  part: Readonly<ShallowRef<HTMLElement | null>>,
  control: () => Element | null,
): Readonly<ShallowRef<Beside | null>> {
  const beside = shallowRef<Beside | null>(null)
  function place(): void {
    const [own, at] = [part.value, control()]
    if (
      own === null ||
      at === null ||
      at === document.documentElement ||
      !at.isConnected ||
      !at.checkVisibility()
    )
      return void (beside.value = null)
    const { left, top, bottom, width } = at.getBoundingClientRect()
    const below = bottom + GAP + own.offsetHeight + MARGIN <= window.innerHeight
    const middle = left + width / 2 - own.offsetWidth / 2
    beside.value = {
      left: Math.max(MARGIN, Math.min(middle, window.innerWidth - own.offsetWidth - MARGIN)),
      top: below ? bottom + GAP : Math.max(MARGIN, top - GAP - own.offsetHeight),
    }
  }
  watchEffect(place, { flush: 'post' })
  window.addEventListener('resize', place)
  window.addEventListener('scroll', place, { capture: true, passive: true })
  onScopeDispose(() => {
    window.removeEventListener('resize', place)
    window.removeEventListener('scroll', place, { capture: true })
  })
  return beside
}
