// The boundary as the window sees it: four calls and one event. Types come from Rust.
// Nothing here knows how they travel.

import type { Action } from './generated/Action'
import type { Answer } from './generated/Answer'
import type { Failure } from './generated/Failure'
import type { FailureCode } from './generated/FailureCode'
import type { Outcome } from './generated/Outcome'
import type { Query } from './generated/Query'
import type { SecretOutcome } from './generated/SecretOutcome'
import type { SecretUse } from './generated/SecretUse'
import type { SourceField } from './generated/SourceField'
import type { View } from './generated/View'

/** The answer that belongs to a question of the same name. */
export type AnswerTo<Q extends Query> = Extract<Answer, { type: Q['type'] }>

/** A secret on its way in. `kept` is the one that is there already. */
export type Credentials =
  { type: 'token'; token: string } | { type: 'password'; user: string; password: string } | { type: 'kept' }

/** Whatever stands behind the window. Every call rejects with a {@link Failure}. */
export interface Backend {
  /** The present view. */
  view(): Promise<View>
  /** Asks a question. */
  query<Q extends Query>(query: Q): Promise<AnswerTo<Q>>
  /** Asks for something to be done. */
  act(action: Action): Promise<Outcome>
  /** Hands a secret inwards, to be kept or to be tried. It never comes back. */
  secret(what: SecretUse, credentials: Credentials): Promise<SecretOutcome>
  /** Calls `listener` with each new view until the returned function is called. */
  onView(listener: (view: View) => void): Promise<() => void>
}

const CODES: Readonly<Record<FailureCode, true>> = {
  not_found: true,
  no_page: true,
  no_image: true,
  link_refused: true,
  browser: true,
  storage: true,
  settings: true,
  export: true,
  demo: true,
  popup: true,
  sound: true,
  login_item: true,
  keychain: true,
  token_left: true,
  login_refused: true,
  too_many_tries: true,
  no_login: true,
  login_failed: true,
  moved: true,
  not_encrypted: true,
  unreachable: true,
  overtaken: true,
  invalid: true,
  snooze_moment: true,
  too_late: true,
  taken: true,
  stopping: true,
}

const FIELDS: Readonly<Record<SourceField, true>> = {
  proxy: true,
  proxy_login: true,
  headers: true,
  ca_file: true,
  client_certificate: true,
  pin: true,
  name: true,
  url: true,
  site: true,
  token: true,
  stream_path: true,
  history_path: true,
  limits: true,
  templates: true,
  link_schemes: true,
  retention: true,
  zone: true,
}

/** Makes a {@link Failure} of whatever a call rejected with; what is no failure of ours is `stopping`. */
export function asFailure(thrown: unknown): Failure {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const { code, message } = thrown
    if (typeof code === 'string' && code in CODES) {
      const wait = 'retry_after_s' in thrown && typeof thrown.retry_after_s === 'number'
      const failure = {
        code: code as FailureCode,
        message: String(message),
        ...(wait ? { retry_after_s: thrown.retry_after_s as number } : {}),
      }
      const field = 'field' in thrown && typeof thrown.field === 'string' ? thrown.field : ''
      return field in FIELDS ? { ...failure, field: field as SourceField } : failure
    }
  }
  return { code: 'stopping', message: thrown instanceof Error ? thrown.message : String(thrown) }
}
