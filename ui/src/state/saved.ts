// Lists that the user has saved under a name: which one is listed, and how much is unread in each.

import { shallowRef, watch, type ShallowRef } from 'vue'

import type { SavedView } from '../bridge/generated/SavedView'
import type { ViewCount } from '../bridge/generated/ViewCount'
import type { Belfry } from './belfry'
import { queryOf, type Listed } from './route'

/** The list that a saved one is. */
export function listedBy({ tab, source, filter, text }: SavedView): Listed {
  return { tab, source: source ?? null, filter, text }
}

/** Whether two lists are the same. */
export function isSame(one: Listed, other: Listed): boolean {
  return JSON.stringify(queryOf(one)) === JSON.stringify(queryOf(other))
}

/** The saved list that is listed, if it is one. */
export function savedAs(views: readonly SavedView[], listed: Listed): SavedView | null {
  return views.find((view) => isSame(listedBy(view), listed)) ?? null
}

/** Keeps counted how much is unread in each saved list; one question at a time. */
export function useViewCounts(belfry: Belfry): Readonly<ShallowRef<ReadonlyMap<string, ViewCount>>> {
  const counts = shallowRef<ReadonlyMap<string, ViewCount>>(new Map())
  let asking = false
  let again = false

  async function ask(): Promise<void> {
    again = true
    if (asking) return
    asking = true
    try {
      while (again) {
        again = false
        if ((belfry.view.value?.views.length ?? 0) === 0) continue
        const answer = await belfry.query({ type: 'view_counts' })
        counts.value = new Map(answer.counts.map((count) => [count.name, count]))
      }
    } catch {
      // They are asked for again with the next change; a list without its number is no failure to tell of.
      counts.value = new Map()
    } finally {
      asking = false
    }
  }

  watch(
    () => [belfry.view.value?.inbox.rev, JSON.stringify(belfry.view.value?.views ?? [])],
    () => void ask(),
    { immediate: true },
  )
  return counts
}
