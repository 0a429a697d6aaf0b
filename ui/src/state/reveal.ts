// "Show this message", asked for from outside (a popup, the tray, a link): follows it once and says so.

import { watch } from 'vue'
import type { Router } from 'vue-router'

import type { Belfry } from './belfry'
import { shown } from './detail'
import { queryOf } from './route'

/** Leads the window to whatever the view asks to reveal, and acknowledges each request once. */
export function followReveal(belfry: Belfry, router: Router): () => void {
  let followed = 0
  return watch(
    () => belfry.view.value?.reveal ?? null,
    async (reveal) => {
      if (reveal === null || reveal.seq <= followed) return
      followed = reveal.seq
      const tab = reveal.tab === null ? {} : queryOf({ tab: reveal.tab, source: null })
      const query = reveal.message === null ? tab : { messageId: reveal.message }
      await router.push({ name: 'inbox', query })
      await shown()
      await belfry.act({ type: 'revealed', seq: reveal.seq })
    },
    { immediate: true },
  )
}
