// The acts that can be taken back: those of the view, newest last, for as long as it has them. What somebody asked for is
// offered on the screen; what came by itself, such as being read by having been seen, is taken back by key alone.

import { computed, inject, provide, shallowRef, type InjectionKey, type ShallowRef } from 'vue'

import type { ActKind } from '../bridge/generated/ActKind'
import type { MessageId } from '../bridge/generated/MessageId'
import type { UndoId } from '../bridge/generated/UndoId'
import type { UndoView } from '../bridge/generated/UndoView'
import type { Belfry } from './belfry'

/** What is offered on the screen. */
export type Offered = UndoView & { kind: Exclude<ActKind, 'seen'> }

/** The acts that can be taken back. */
export interface Undo {
  /** The newest one that is offered. */
  readonly last: Readonly<ShallowRef<Offered | null>>
  /** What {@link undo} would take back: what the screen offers, else the newest of the others. */
  readonly next: Readonly<ShallowRef<UndoView | null>>
  /** Takes the next one back, and says which message leads those that are as they were; none where it failed. */
  undo(): Promise<MessageId | null>
  /** Takes the newest offer off the screen. */
  dismiss(): void
}

const KEY: InjectionKey<Undo> = Symbol('undo')

/** Makes it, for the component's children too. */
export function provideUndo(belfry: Belfry): Undo {
  /** Those that nobody wants to take back, and those that are being taken back. */
  const away = shallowRef<ReadonlySet<UndoId>>(new Set())
  const all = computed(() => belfry.view.value?.undos ?? [])
  const open = computed(() => all.value.filter(({ undo }) => !away.value.has(undo)))
  const last = computed(() => open.value.filter(isOffered).at(-1) ?? null)
  const next = computed(() => last.value ?? open.value.at(-1) ?? null)

  function hide({ undo }: UndoView): void {
    const known = all.value.filter((each) => away.value.has(each.undo)).map((each) => each.undo)
    away.value = new Set([...known, undo])
  }

  const undo: Undo = {
    last,
    next,
    async undo() {
      const taken = next.value
      if (taken === null) return null
      hide(taken)
      if ((await belfry.act({ type: 'undo', undo: taken.undo })) !== null) return taken.first
      away.value = new Set([...away.value].filter((each) => each !== taken.undo))
      return null
    },
    dismiss() {
      if (last.value !== null) hide(last.value)
    },
  }
  provide(KEY, undo)
  return undo
}

function isOffered(act: UndoView): act is Offered {
  return act.kind !== 'seen'
}

/** The acts of the window. */
export function useUndo(): Undo {
  const undo = inject(KEY)
  if (!undo) throw new Error('no undo is provided')
  return undo
}

/** The key under which it is provided; for tests. */
export const undoKey = KEY
