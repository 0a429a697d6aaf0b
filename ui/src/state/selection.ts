// Which messages are chosen to be dealt with together: some of the rows, or everything that the list has. Of rows only
// what is listed counts: a message that has left the list is chosen no more.

import {
  computed,
  shallowReadonly,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from 'vue'

import type { MessageId } from '../bridge/generated/MessageId'
import type { ListRow } from './listing'

/** The most messages that one act may name. */
export const MOST_CHOSEN = 10_000

/** What is chosen. */
export interface Selection {
  /** The chosen rows, in the list's order. */
  readonly rows: ComputedRef<readonly ListRow[]>
  /** Their ids. */
  readonly ids: ComputedRef<ReadonlySet<MessageId>>
  /** Whether everything that the list has is chosen, loaded or not; then so is every row. */
  readonly everything: Readonly<ShallowRef<boolean>>
  /** Chooses a message, or lets it go. The message that is being read is chosen with the first other one. */
  toggle(id: MessageId, reading?: MessageId | null): void
  /** Chooses everything from where the last choice began to this message, and nothing else. */
  extend(id: MessageId, from: MessageId | null): void
  /** Chooses everything that is loaded of the list, up to {@link MOST_CHOSEN}. */
  all(): void
  /** Chooses everything that the list has, however much that is. */
  whole(): void
  /** Lets everything go. */
  clear(): void
}

/** Makes it for a list. */
export function useSelection(listed: Ref<readonly ListRow[]>): Selection {
  const chosen = shallowRef<ReadonlySet<MessageId>>(new Set())
  const anchor = shallowRef<MessageId | null>(null)
  const everything = shallowRef(false)
  const rows = computed(() => {
    if (everything.value) return listed.value
    return chosen.value.size === 0 ? [] : listed.value.filter(({ id }) => chosen.value.has(id))
  })
  const ids = computed(() => new Set(rows.value.map(({ id }) => id)))

  /** What has left the list does not come back chosen. */
  watch(listed, () => {
    if (everything.value) everything.value = listed.value.length > 0
    else if (ids.value.size < chosen.value.size) chosen.value = ids.value
  })

  return {
    rows,
    ids,
    everything: shallowReadonly(everything),
    toggle(id, reading = null) {
      const next = new Set(ids.value)
      everything.value = false
      if (next.size === 0 && reading !== null && reading !== id) next.add(reading)
      if (!next.delete(id) && next.size < MOST_CHOSEN) next.add(id)
      chosen.value = next
      anchor.value = id
    },
    extend(id, from) {
      const place = (of: MessageId | null) => listed.value.findIndex((row) => row.id === of)
      const start = [anchor.value, from, id].map(place).find((index) => index >= 0) ?? -1
      const end = place(id)
      if (end < 0) return
      anchor.value = listed.value[start]?.id ?? id
      everything.value = false
      const [first, last] = [Math.min(start, end), Math.max(start, end)]
      chosen.value = new Set(
        listed.value.slice(first, Math.min(last + 1, first + MOST_CHOSEN)).map((row) => row.id),
      )
    },
    all() {
      chosen.value = new Set(listed.value.slice(0, MOST_CHOSEN).map(({ id }) => id))
    },
    whole() {
      everything.value = true
    },
    clear() {
      everything.value = false
      chosen.value = new Set()
      anchor.value = null
    },
  }
}
