// The window's one store: the last view, the last failure, and the four calls. It holds what Rust sent
// and derives nothing that is counted; lists and messages are pages of their own (`list`, `detail`).

import {
  inject,
  readonly,
  shallowReadonly,
  shallowRef,
  type App,
  type InjectionKey,
  type ShallowRef,
} from 'vue'

import { asFailure, type AnswerTo, type Backend, type Credentials } from '../bridge/backend'
import type { Action } from '../bridge/generated/Action'
import type { Failure } from '../bridge/generated/Failure'
import type { Outcome } from '../bridge/generated/Outcome'
import type { Query } from '../bridge/generated/Query'
import type { SecretOutcome } from '../bridge/generated/SecretOutcome'
import type { SecretUse } from '../bridge/generated/SecretUse'
import type { View } from '../bridge/generated/View'
import { awaited, NO_CONTROLS, type Controls } from './controls'
import { sharing } from './sharing'

/** The store as parts and pages see it. */
export interface Belfry {
  /** The last view; empty until the first has come. */
  readonly view: Readonly<ShallowRef<View | null>>
  /** Why there is no view. */
  readonly broken: Readonly<ShallowRef<Failure | null>>
  /** The last act that failed and has not been dismissed. */
  readonly failure: Readonly<ShallowRef<Failure | null>>
  /** The control that asked for it, if one did. */
  readonly failedAt: Readonly<ShallowRef<Element | null>>
  /** Subscribes, then asks. */
  start(): Promise<void>
  /** Ends the subscription. */
  stop(): void
  /** Asks for something; a failure is shown to the user and comes back as `null`. */
  act(action: Action): Promise<Outcome | null>
  /** Asks for something; a failure is thrown, for callers that show it themselves. */
  attempt(action: Action): Promise<Outcome>
  /** Asks a question; throws a {@link Failure}. */
  query<Q extends Query>(query: Q): Promise<AnswerTo<Q>>
  /** Hands a secret in, to be kept for a source or to be tried; rejects with a {@link Failure}. */
  handIn(what: SecretUse, credentials: Credentials): Promise<SecretOutcome>
  /** Shows a failure that came of something else than an act. */
  report(failure: Failure): void
  /** Takes the failure off the screen. */
  dismiss(): void
}

const KEY: InjectionKey<Belfry> = Symbol('belfry')

/** Makes the store on a backend. What takes its time is shown at the control that asked for it. */
export function createBelfry(backend: Backend, controls: Controls = NO_CONTROLS): Belfry {
  const view = shallowRef<View | null>(null)
  const broken = shallowRef<Failure | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const failedAt = shallowRef<Element | null>(null)
  let unsubscribe: (() => void) | null = null

  function take(next: View): void {
    if (view.value !== null && next.rev <= view.value.rev) return
    view.value = sharing(view.value, next)
    broken.value = null
  }

  async function attempt(action: Action): Promise<Outcome> {
    // Where somebody looks is told without being asked for.
    const control = action.type === 'attend' ? null : controls.used()
    try {
      return await awaited(control, backend.act(action))
    } catch (thrown) {
      throw asFailure(thrown)
    }
  }

  return {
    view: shallowReadonly(view),
    broken: readonly(broken),
    failure: readonly(failure),
    failedAt: shallowReadonly(failedAt),
    async start() {
      try {
        unsubscribe ??= await backend.onView(take)
        take(await backend.view())
      } catch (thrown) {
        if (view.value === null) broken.value = asFailure(thrown)
      }
    },
    stop() {
      unsubscribe?.()
      unsubscribe = null
    },
    attempt,
    async act(action) {
      const control = controls.used()
      try {
        const outcome = await attempt(action)
        failure.value = null
        return outcome
      } catch (thrown) {
        failure.value = asFailure(thrown)
        failedAt.value = control
        return null
      }
    },
    async query(query) {
      try {
        return await backend.query(query)
      } catch (thrown) {
        throw asFailure(thrown)
      }
    },
    async handIn(what, credentials) {
      try {
        return await awaited(controls.used(), backend.secret(what, credentials))
      } catch (thrown) {
        throw asFailure(thrown)
      }
    },
    report(reported) {
      failure.value = reported
      failedAt.value = null
    },
    dismiss() {
      failure.value = null
    },
  }
}

/** Makes the store available to all parts of `app`. */
export function provideBelfry(app: App, belfry: Belfry): void {
  app.provide(KEY, belfry)
}

/** The store. */
export function useBelfry(): Belfry {
  const belfry = inject(KEY)
  if (!belfry) throw new Error('the store is not provided')
  return belfry
}

export { KEY as belfryKey }
