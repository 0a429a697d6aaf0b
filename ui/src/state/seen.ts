// Whether something was really seen: on screen, in a window that is visible and has the focus, for long enough; where a
// link has brought the window there, only from the user's next input on.

import { ref, watch } from 'vue'

/** How long a message has to be looked at before it counts as read, in milliseconds. */
export const DWELL = 700

/** What the user does in the window. */
const INPUTS = ['pointerdown', 'keydown', 'wheel'] as const

/** Whether nobody has done anything since a link has brought the window to where it is. */
const unasked = ref(false)

/** Nothing counts as seen until the user does something in the window. */
export function awaitInput(): void {
  if (unasked.value) return
  unasked.value = true
  const inputs = new AbortController()
  const options = { capture: true, passive: true, signal: inputs.signal }
  const done = () => {
    inputs.abort()
    unasked.value = false
  }
  for (const input of INPUTS) document.addEventListener(input, done, options)
}

/** Calls `done` once, after the window has been looked at for {@link DWELL} without a break. Returns what ends it. */
export function whenSeen(done: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined

  function check(): void {
    clearTimeout(timer)
    const looks = document.visibilityState === 'visible' && document.hasFocus() && !unasked.value
    if (looks) timer = setTimeout(finish, DWELL)
  }

  function finish(): void {
    end()
    done()
  }

  function end(): void {
    clearTimeout(timer)
    stop()
    document.removeEventListener('visibilitychange', check)
    window.removeEventListener('focus', check)
    window.removeEventListener('blur', check)
  }

  const stop = watch(unasked, check)
  document.addEventListener('visibilitychange', check)
  window.addEventListener('focus', check)
  window.addEventListener('blur', check)
  check()
  return end
}
