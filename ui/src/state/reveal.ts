// "Show this message", asked for from outside (a popup, the tray, a link): follows it once and says so.

import { watch } from 'vue'
import type { Router } from 'vue-router'

import type { Reveal } from '../bridge/generated/Reveal'
import type { Belfry } from './belfry'
import { shown } from './detail'
import { queryOf } from './route'
import { awaitInput } from './seen'

function place(reveal: Reveal) {
  if (reveal.message !== null) return { messageId: reveal.message }
  return reveal.tab === null ? {} : queryOf({ tab: reveal.tab, source: null })
}

/** Leads the window to whatever the view asks to reveal, and acknowledges each request once. */
export function followReveal(belfry: Belfry, router: Router): () => void {
  let followed = 0
  return watch(
    () => belfry.view.value?.reveal ?? null,
    async (reveal) => {
      if (reveal === null || reveal.seq <= followed) return
      followed = reveal.seq
      // Anybody can make a link: that something is shown says nothing of whether somebody looks at it.
      if (reveal.origin === 'link') awaitInput()
      await router.push(
        reveal.page === 'settings' ? { name: 'settings' } : { name: 'inbox', query: place(reveal) },
      )
      await shown()
      await belfry.act({ type: 'revealed', seq: reveal.seq })
    },
    { immediate: true },
  )
}
