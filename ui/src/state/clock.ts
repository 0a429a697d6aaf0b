// The present time for the screen. It ticks only while someone can see it, at most as often as asked for.

import { getCurrentScope, onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

/** How often a part of the screen has to be renewed. */
export type Pace = 'second' | 'minute' | 'still'

const SPAN: Readonly<Record<Exclude<Pace, 'still'>, number>> = { second: 1_000, minute: 60_000 }

/** The present time in Unix milliseconds, renewed at each full second or minute while visible. */
export function useNow(pace: Ref<Pace>): Readonly<ShallowRef<number>> {
  const now = shallowRef(Date.now())
  let timer: ReturnType<typeof setTimeout> | undefined

  function tick(): void {
    clearTimeout(timer)
    timer = undefined
    now.value = Date.now()
    if (pace.value === 'still' || document.visibilityState !== 'visible') return
    const span = SPAN[pace.value]
    timer = setTimeout(tick, span - (now.value % span) + 5)
  }

  watch(pace, tick, { immediate: true })
  document.addEventListener('visibilitychange', tick)
  if (getCurrentScope()) {
    onScopeDispose(() => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', tick)
    })
  }
  return now
}
