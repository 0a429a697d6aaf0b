// The acts that can be taken back, newest last, each for as long as the backend takes it back. What somebody asked for
// is offered on the screen; what came by itself, such as being read by having been seen, is taken back by key alone.

import {
  computed,
  inject,
  onScopeDispose,
  provide,
  shallowRef,
  type InjectionKey,
  type ShallowRef,
} from 'vue'

import type { Action } from '../bridge/generated/Action'
import type { MessageId } from '../bridge/generated/MessageId'
import type { UndoId } from '../bridge/generated/UndoId'
import type { Belfry } from './belfry'

/** What puts messages away or brings them back. */
export type Sorting = 'archive' | 'unarchive' | 'wake' | 'delete' | 'read' | 'unread' | 'pin' | 'unpin'
/** What was done, for the words. */
export type Done = Sorting | 'snooze' | 'all_read' | 'delete_all'

/** How long the backend takes an act back, in milliseconds. */
const UNDO_FOR = 10_000

/** Whether the way back is offered on the screen, or is there for who looks for it. */
export type Offer = 'shown' | 'quiet'

/** One act that can be taken back. */
interface Open {
  offer: Offer
  undo: UndoId
  done: Done
  /** The messages that it was about; none where it was about all. */
  ids: readonly MessageId[]
}

/** The acts that can be taken back. */
export interface Undo {
  /** The newest one that is offered, while there is time. */
  readonly last: Readonly<ShallowRef<Pick<Open, 'undo' | 'done' | 'ids'> | null>>
  /** What {@link undo} would take back: what the screen offers, else the newest of the others. */
  readonly next: Readonly<ShallowRef<Pick<Open, 'undo' | 'done' | 'ids'> | null>>
  /** Acts, and remembers how to take it back. A failure is shown to the user and comes back as `false`. */
  act(action: Action, done: Done, offer?: Offer): Promise<boolean>
  /** Takes the next one back, and says which messages are as they were; none where it failed. */
  undo(): Promise<readonly MessageId[]>
  /** Takes the newest offer off the screen. */
  dismiss(): void
}

const KEY: InjectionKey<Undo> = Symbol('undo')

/** Makes it, for the component's children too. */
export function provideUndo(belfry: Belfry): Undo {
  const open = shallowRef<readonly Open[]>([])
  const last = computed(() => open.value.filter(({ offer }) => offer === 'shown').at(-1) ?? null)
  const next = computed(() => last.value ?? open.value.at(-1) ?? null)
  const timers = new Map<UndoId, ReturnType<typeof setTimeout>>()

  /** What is done after it takes nothing from its ten seconds. */
  function remember(next: Open): void {
    open.value = [...open.value, next]
    timers.set(
      next.undo,
      setTimeout(() => forget(next), UNDO_FOR),
    )
  }

  function forget(gone: Open): void {
    clearTimeout(timers.get(gone.undo))
    timers.delete(gone.undo)
    open.value = open.value.filter((each) => each !== gone)
  }

  const undo: Undo = {
    last,
    next,
    async act(action, done, offer = 'shown') {
      const outcome = await belfry.act(action)
      if (outcome === null) return false
      const ids = 'ids' in action ? action.ids : 'id' in action ? [action.id] : []
      if (outcome.type === 'undoable') remember({ offer, undo: outcome.undo, done, ids })
      return true
    },
    async undo() {
      const taken = next.value
      if (taken === null) return []
      forget(taken)
      const outcome = await belfry.act({ type: 'undo', undo: taken.undo })
      return outcome === null ? [] : taken.ids
    },
    dismiss() {
      if (last.value !== null) forget(last.value)
    },
  }
  onScopeDispose(() => timers.forEach((timer) => clearTimeout(timer)))
  provide(KEY, undo)
  return undo
}

/** The acts of the window. */
export function useUndo(): Undo {
  const undo = inject(KEY)
  if (!undo) throw new Error('no undo is provided')
  return undo
}

/** The key under which it is provided; for tests. */
export const undoKey = KEY
