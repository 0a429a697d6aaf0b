// What the engine says about one source, put into the questions that the window asks.

import type { RouteLocationRaw } from 'vue-router'

import type { Connection } from '../bridge/generated/Connection'
import type { SourceHelp } from '../bridge/generated/SourceHelp'
import type { SourceView } from '../bridge/generated/SourceView'

/** What is known of this computer's keychain. */
export type Keychain = 'there' | 'absent' | 'unknown'

const TAKES_TOKEN: ReadonlySet<SourceHelp> = new Set<SourceHelp>(['sign_in', 'unlock_keychain'])
const TRIES_AGAIN: ReadonlySet<SourceHelp> = new Set<SourceHelp>(['retry', 'unlock_keychain'])

/** Whether a token would help this source on. */
export function needsSignIn({ help }: SourceView): boolean {
  return TAKES_TOKEN.has(help)
}

/** Whether its proxy asks who is there: its network settings say so. */
export function needsProxyLogin({ link }: SourceView): boolean {
  return link.reason === 'proxy_login'
}

/** Where the network settings of a source are. */
export function networkOf(id: string): RouteLocationRaw {
  return { name: 'edit-source', params: { id }, query: { part: 'network' } }
}

/** Whether "reconnect now" can change anything for this source. */
export function canTryAgain({ help }: SourceView): boolean {
  return TRIES_AGAIN.has(help)
}

/** What is known of this computer's keychain: whether there is one shows only once it has been asked for a source. */
export function keychainOf(sources: readonly SourceView[]): Keychain {
  if (sources.some(({ secret, link }) => secret === 'absent' || link.reason === 'keychain_absent'))
    return 'absent'
  return sources.some(({ secret }) => secret === 'keychain' || secret === 'locked') ? 'there' : 'unknown'
}

/** The source that explains the state of the whole: among those in it, the one that acts next. */
export function culprit(sources: readonly SourceView[], connection: Connection): SourceView | null {
  const meant = sources.filter((source) => source.connection === connection)
  const next = (source: SourceView) => Date.parse(source.link.retry_at ?? '') || Number.MAX_SAFE_INTEGER
  return meant.sort((a, b) => next(a) - next(b))[0] ?? null
}
