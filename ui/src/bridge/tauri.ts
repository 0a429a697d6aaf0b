// The backend inside the desktop program. The only file that imports Tauri.

import { invoke } from '@tauri-apps/api/core'
import { listen } from '@tauri-apps/api/event'

import type { AnswerTo, Backend } from './backend'
import type { Action } from './generated/Action'
import type { Outcome } from './generated/Outcome'
import type { Query } from './generated/Query'
import type { SecretOutcome } from './generated/SecretOutcome'
import type { View } from './generated/View'

/** Speaks to the engine through Tauri's commands of the same names. */
export const tauri: Backend = {
  view: () => invoke<View>('view'),
  query: <Q extends Query>(query: Q) => invoke<AnswerTo<Q>>('query', { query }),
  act: (action: Action) => invoke<Outcome>('act', { action }),
  secret: (what, credentials) => invoke<SecretOutcome>('secret', { what, credentials }),
  onView: (listener) => listen<View>('view', (event) => listener(event.payload)),
}
