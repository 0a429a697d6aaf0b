// What a source's link says in the six states that the whole window uses, and whether signing in helps.

import type { Connection } from '../bridge/generated/Connection'
import type { Reason } from '../bridge/generated/Reason'
import type { SourceView } from '../bridge/generated/SourceView'

/** From when on a wait is called offline; the engine's rule for the whole, applied to one source. */
const OFFLINE_AFTER = 30_000

const ASKS_FOR_TOKEN: ReadonlySet<Reason> = new Set<Reason>([
  'signed_out',
  'rejected',
  'forbidden',
  'keychain_locked',
  'keychain_absent',
])

/** Whether a token would help this source on. */
export function needsSignIn({ link }: SourceView): boolean {
  return link.state === 'stopped' && (link.reason === null || ASKS_FOR_TOKEN.has(link.reason))
}

/** Stops that trying again alone does not end: a token is missing. */
const TOKEN_IS_MISSING: ReadonlySet<Reason> = new Set<Reason>(['signed_out', 'rejected', 'keychain_absent'])

/** Whether "reconnect now" can change anything for this source. */
export function canTryAgain({ link }: SourceView): boolean {
  if (link.state === 'stopped') return link.reason !== null && !TOKEN_IS_MISSING.has(link.reason)
  return link.state === 'waiting' || link.state === 'polling'
}

/** The state of one source, in the words of the whole. */
export function sourceState(source: SourceView, now: number): Exclude<Connection, 'empty'> {
  switch (source.link.state) {
    case 'live':
      return 'live'
    case 'opening':
      return 'connecting'
    case 'polling':
      return 'polling'
    case 'waiting':
      return now - Date.parse(source.link.since) < OFFLINE_AFTER ? 'connecting' : 'offline'
    case 'stopped':
      return needsSignIn(source) ? 'sign_in' : 'offline'
  }
}

/** The source that explains the state of the whole: among those in it, the one that acts next. */
export function culprit(
  sources: readonly SourceView[],
  connection: Connection,
  now: number,
): SourceView | null {
  const meant = sources.filter((source) => sourceState(source, now) === connection)
  const next = (source: SourceView) => Date.parse(source.link.retry_at ?? '') || Number.MAX_SAFE_INTEGER
  return meant.sort((a, b) => next(a) - next(b))[0] ?? null
}
