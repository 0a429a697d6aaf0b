// How many messages match, as far as the backend counts: kept up to date, one question at a time.

import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'

import type { Matching } from '../bridge/generated/Matching'
import { number } from '../words'
import type { Belfry } from './belfry'

/** A number that may be more. */
export interface Count {
  count: number
  more: boolean
}

/** How long it is not asked for again, in milliseconds: under a flood every view would ask. */
const REST = 1_000

/** The number as it is written: 1,234, or 10,000+. */
export function counted({ count, more }: Count): string {
  return `${number(count)}${more ? '+' : ''}`
}

/**
 * Keeps counted what matches, if anything is to be counted. Nothing before the first answer, or where there is none:
 * no failure to tell of.
 */
export function useCount(belfry: Belfry, of: () => Matching | null): Readonly<ShallowRef<Count | null>> {
  const count = shallowRef<Count | null>(null)
  let resting: ReturnType<typeof setTimeout> | undefined
  let again = false

  async function ask(): Promise<void> {
    if (resting !== undefined) return void (again = true)
    again = false
    resting = setTimeout(() => {
      resting = undefined
      if (again) void ask()
    }, REST)
    const matching = of()
    if (matching === null) return
    const wanted = JSON.stringify(matching)
    const answer = await belfry.query({ type: 'count', of: matching }).catch(() => null)
    if (wanted === JSON.stringify(of())) count.value = answer
  }

  watch(
    () => JSON.stringify(of()),
    () => {
      clearTimeout(resting)
      resting = undefined
      count.value = null
      void ask()
    },
    { immediate: true },
  )
  watch(
    () => belfry.view.value?.inbox.rev,
    () => void ask(),
  )
  onScopeDispose(() => clearTimeout(resting))
  return count
}
