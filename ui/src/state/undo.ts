// The last act that can be taken back, for as long as the backend takes it back.

import {
  inject,
  onScopeDispose,
  provide,
  shallowReadonly,
  shallowRef,
  type InjectionKey,
  type ShallowRef,
} from 'vue'

import type { Action } from '../bridge/generated/Action'
import type { UndoId } from '../bridge/generated/UndoId'
import type { Belfry } from './belfry'

/** What puts a message away or brings it back. */
export type Sorting = 'archive' | 'unarchive' | 'delete'
/** What was done, for the words. */
export type Done = Sorting | 'read' | 'unread' | 'all_read'

/** How long the backend takes an act back, in milliseconds. */
const UNDO_FOR = 10_000

/** The acts that can be taken back. */
export interface Undo {
  /** The last one, while there is time. */
  readonly last: Readonly<ShallowRef<{ undo: UndoId; done: Done } | null>>
  /** Acts, and remembers how to take it back. A failure is shown to the user and comes back as `false`. */
  act(action: Action, done: Done): Promise<boolean>
  /** Takes the last one back. */
  undo(): Promise<void>
  /** Takes the offer off the screen. */
  dismiss(): void
}

const KEY: InjectionKey<Undo> = Symbol('undo')

/** Makes it, for the component's children too. */
export function provideUndo(belfry: Belfry): Undo {
  const last = shallowRef<{ undo: UndoId; done: Done } | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  function remember(next: { undo: UndoId; done: Done } | null): void {
    clearTimeout(timer)
    last.value = next
    if (next !== null) timer = setTimeout(() => (last.value = null), UNDO_FOR)
  }

  const undo: Undo = {
    last: shallowReadonly(last),
    async act(action, done) {
      const outcome = await belfry.act(action)
      if (outcome === null) return false
      remember(outcome.type === 'undoable' ? { undo: outcome.undo, done } : null)
      return true
    },
    async undo() {
      const taken = last.value
      remember(null)
      if (taken !== null) await belfry.act({ type: 'undo', undo: taken.undo })
    },
    dismiss: () => remember(null),
  }
  onScopeDispose(() => clearTimeout(timer))
  provide(KEY, undo)
  return undo
}

/** The acts of the page around. */
export function useUndo(): Undo {
  const undo = inject(KEY)
  if (!undo) throw new Error('no undo is provided')
  return undo
}

/** The key under which it is provided; for tests. */
export const undoKey = KEY
