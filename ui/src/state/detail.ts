// The message that is being read: asked for when the route names it, asked for again when the inbox has
// moved, and marked read once it has really been on screen.

import { nextTick, onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import type { Failure } from '../bridge/generated/Failure'
import type { MessageDetail } from '../bridge/generated/MessageDetail'
import type { MessageId } from '../bridge/generated/MessageId'
import type { Belfry } from './belfry'
import { whenSeen } from './seen'

/** What the reading pane needs. */
export interface Detail {
  /** The message; empty while loading, when none is open or when it is gone. */
  detail: Readonly<ShallowRef<MessageDetail | null>>
  /** Why there is none. */
  failure: Readonly<ShallowRef<Failure | null>>
  /** Asks again after a failure. */
  retry(): void
}

/** Resolves when the page is visible and a frame with the present DOM has been drawn. */
export async function shown(): Promise<void> {
  await nextTick()
  if (document.visibilityState !== 'visible') {
    await new Promise<void>((resolve) => {
      const check = () => {
        if (document.visibilityState !== 'visible') return
        document.removeEventListener('visibilitychange', check)
        resolve()
      }
      document.addEventListener('visibilitychange', check)
    })
  }
  await new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))
}

/** Keeps the message `id` loaded and marks it read, by `read`, once per opening. */
export function useDetail(
  belfry: Belfry,
  id: Ref<MessageId | null>,
  read: (id: MessageId) => void = (seen) => void belfry.act({ type: 'mark_read', ids: [seen] }),
): Detail {
  const detail = shallowRef<MessageDetail | null>(null)
  const failure = shallowRef<Failure | null>(null)
  let opening = 0
  let marked = -1
  let stopLooking: () => void = () => undefined

  async function load(): Promise<void> {
    const wanted = id.value
    const mine = opening
    if (wanted === null || belfry.view.value === null) return
    try {
      const answer = await belfry.query({ type: 'message', id: wanted })
      if (mine !== opening) return
      if (detail.value !== null && answer.rev < detail.value.rev) return
      detail.value = answer
      failure.value = null
      markOnceSeen(mine, wanted)
    } catch (thrown) {
      if (mine !== opening) return
      detail.value = null
      failure.value = thrown as Failure
    }
  }

  function markOnceSeen(mine: number, wanted: MessageId): void {
    if (marked === mine) return
    marked = mine
    // What is put off stays as it is, also when it is brought back while it is open.
    if (detail.value?.message.snoozed_until !== null) return
    stopLooking = whenSeen(() => {
      if (detail.value?.message.read_at === null) read(wanted)
    })
  }

  watch(
    id,
    () => {
      opening += 1
      stopLooking()
      detail.value = null
      failure.value = null
      void load()
    },
    { immediate: true },
  )
  watch(
    () => belfry.view.value?.inbox.rev,
    () => void load(),
  )
  onScopeDispose(() => {
    opening += 1
    stopLooking()
  })

  return { detail, failure, retry: () => void load() }
}
