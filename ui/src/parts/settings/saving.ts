// A form whose content the engine keeps: what is wrong and where, whether it is being saved, and the engine's own
// spelling once it is.

import { ref, watch, type Ref } from 'vue'

import type { Failure } from '../../bridge/generated/Failure'
import type { SourceField } from '../../bridge/generated/SourceField'
import { say, type Key } from '../../words'

/** The state of a form, and what moves it. */
export interface Saving<Field extends SourceField> {
  state: Readonly<Ref<'still' | 'busy' | 'saved'>>
  /** What failed as a whole. */
  failed: Readonly<Ref<Key | null>>
  /** What is wrong in a field; empty where nothing is. */
  wrongIn(field: Field): string
  /** Forgets what was wrong: somebody types. */
  typed(): void
  /** Does the work, and says what became of it. */
  save(work: () => Promise<void>): Promise<void>
}

/**
 * Keeps `form` as `present` says, once something was saved: the view with the change comes before the answer or
 * after it. `fields` are those that a failure can be put beside.
 */
export function useSaving<Form extends object, Field extends SourceField>(
  form: Form,
  present: () => Form,
  fields: readonly Field[],
): Saving<Field> {
  const state = ref<'still' | 'busy' | 'saved'>('still')
  const failed = ref<Key | null>(null)
  const wrong = ref<{ field: SourceField; key: Key } | null>(null)

  watch(
    () => JSON.stringify(present()),
    () => {
      if (state.value !== 'still') Object.assign(form, present())
    },
  )

  function typed(): void {
    wrong.value = null
    failed.value = null
    state.value = 'still'
  }

  function blame({ code, field }: Failure): void {
    const own = fields.find((each) => each === field)
    if (own === 'name' && code === 'taken') wrong.value = { field: own, key: 'field.name.taken' }
    else if (own !== undefined && code === 'invalid')
      wrong.value = { field: own, key: `field.${own as SourceField}.invalid` }
    else failed.value = `failure.${code}`
  }

  return {
    state,
    failed,
    wrongIn: (field) => (wrong.value?.field === field ? say(wrong.value.key) : ''),
    typed,
    async save(work) {
      typed()
      state.value = 'busy'
      try {
        await work()
        if (state.value === 'busy') state.value = 'saved'
      } catch (thrown) {
        state.value = 'still'
        blame(thrown as Failure)
      }
    },
  }
}
