// What the fake backend says of a source: its state in words, what is kept of it, what a look at its server finds.

import type { Check } from '../generated/Check'
import type { CheckKind } from '../generated/CheckKind'
import type { Connection } from '../generated/Connection'
import type { LinkView } from '../generated/LinkView'
import type { ProbeReport } from '../generated/ProbeReport'
import type { SourceDetail } from '../generated/SourceDetail'
import type { SourceHelp } from '../generated/SourceHelp'
import { PLAIN_NETWORK, type FakeSource } from './scenes'

const OFFLINE_AFTER = 30_000

/** What is kept about a source. */
export function detail({ name, url }: FakeSource, inMemory: boolean): SourceDetail {
  return {
    name,
    url,
    site: null,
    user: null,
    secrets: inMemory ? 'session' : 'keychain',
    dialect: 'native',
    stream_path: '/sse/connect',
    history_path: '/messages',
    after_attempts: 'poll',
    limits: {
      retry_min_ms: 1_000,
      retry_base_ms: 1_000,
      retry_max_ms: 60_000,
      attempts: 10,
      poll_every_ms: 60_000,
      max_event_bytes: 4_194_304,
    },
    templates: {},
    link_schemes: [],
    network: { ...PLAIN_NETWORK },
    retention: null,
    zone: null,
    learned_zone: '+08:00',
  }
}

const STEPS: readonly CheckKind[] = [
  'address',
  'dns',
  'reach',
  'tls',
  'token',
  'stream',
  'first_byte',
  'heartbeat',
  'history',
  'marks',
  'user',
]

/** What a look at a server found. */
export function report(refused: boolean): ProbeReport {
  const checks = STEPS.map((check, at): Check => {
    const before = at - STEPS.indexOf('token')
    if (!refused || before < 0) return { check, verdict: 'ok', code: 'fine', detail: '' }
    if (before > 0) return { check, verdict: 'skipped', code: 'not_checked', detail: '' }
    return { check, verdict: 'failed', code: 'token_refused', detail: 'the server refused the token' }
  })
  return { checks, user: refused ? null : { id: '1', name: 'Ann' } }
}

const WORST_FIRST: readonly Connection[] = ['sign_in', 'offline', 'connecting', 'polling', 'live']

/** The connections as a whole. */
export function worst(states: readonly Connection[]): Connection {
  return WORST_FIRST.find((state) => states.includes(state)) ?? 'empty'
}

/** A source's connection in the words of the whole. */
export function connectionOf({ state, since }: LinkView): Connection {
  if (state === 'stopped') return 'sign_in'
  if (state === 'waiting') return Date.now() - Date.parse(since) >= OFFLINE_AFTER ? 'offline' : 'connecting'
  return state === 'opening' ? 'connecting' : state
}

/** What a person can do about a source. */
export function helpOf({ state, reason }: LinkView): SourceHelp {
  if (reason === 'not_encrypted') return 'allow_plain_http'
  if (state === 'stopped') return reason === 'keychain_locked' ? 'unlock_keychain' : 'sign_in'
  return state === 'waiting' || state === 'polling' ? 'retry' : 'nothing'
}
