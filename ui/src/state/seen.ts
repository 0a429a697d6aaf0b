// Whether something was really seen: on screen, in a window that is visible and has the focus, for long enough.

/** How long a message has to be looked at before it counts as read, in milliseconds. */
export const DWELL = 700

/** Calls `done` once, after the window has been looked at for {@link DWELL} without a break. Returns what ends it. */
export function whenSeen(done: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined

  function check(): void {
    clearTimeout(timer)
    const looks = document.visibilityState === 'visible' && document.hasFocus()
    if (looks) timer = setTimeout(finish, DWELL)
  }

  function finish(): void {
    end()
    done()
  }

  function end(): void {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', check)
    window.removeEventListener('focus', check)
    window.removeEventListener('blur', check)
  }

  document.addEventListener('visibilitychange', check)
  window.addEventListener('focus', check)
  window.addEventListener('blur', check)
  check()
  return end
}
