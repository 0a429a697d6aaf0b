import { describe, expect, it } from 'vitest'

import type { LinkView } from '../bridge/generated/LinkView'
import type { SourceView } from '../bridge/generated/SourceView'
import { canTryAgain, culprit, needsSignIn, sourceState } from './sources'

const NOW = Date.UTC(2026, 10, 22, 10)
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString()

function source(id: string, link: Partial<LinkView>): SourceView {
  return {
    id,
    name: id,
    url: 'https://example.org',
    secret: 'keychain',
    unread: 0,
    kinds: [],
    gap: null,
    link: { state: 'live', reason: null, since: at(0), attempt: 0, retry_at: null, ...link },
  }
}

describe('the state of a source', () => {
  it('is offline only after thirty seconds of waiting', () => {
    expect(sourceState(source('a', { state: 'waiting', since: at(-29) }), NOW)).toBe('connecting')
    expect(sourceState(source('a', { state: 'waiting', since: at(-30) }), NOW)).toBe('offline')
  })

  it('asks for a token only where one would help', () => {
    const stopped = (reason: LinkView['reason']) => source('a', { state: 'stopped', reason })
    expect(needsSignIn(stopped('rejected'))).toBe(true)
    expect(needsSignIn(stopped('signed_out'))).toBe(true)
    expect(needsSignIn(stopped('gone'))).toBe(false)
    expect(sourceState(stopped('gone'), NOW)).toBe('offline')
    expect(needsSignIn(source('a', { state: 'waiting', reason: 'unreachable' }))).toBe(false)
  })
})

describe('reconnecting', () => {
  const can = (link: Partial<LinkView>) => canTryAgain(source('a', link))

  it('is offered while waiting or polling, and after a stop that needs no token', () => {
    expect(can({ state: 'waiting' }) && can({ state: 'polling' })).toBe(true)
    expect(can({ state: 'stopped', reason: 'keychain_locked' })).toBe(true)
    expect(can({ state: 'stopped', reason: 'ended' })).toBe(true)
    expect(can({ state: 'stopped', reason: 'rejected' })).toBe(false)
    expect(can({ state: 'live' }) || can({ state: 'opening' })).toBe(false)
  })
})

describe('the source that explains the whole', () => {
  it('is the one of that state which is tried next', () => {
    const sources = [
      source('live', {}),
      source('late', { state: 'waiting', since: at(-60), retry_at: at(50) }),
      source('soon', { state: 'waiting', since: at(-60), retry_at: at(5) }),
    ]
    expect(culprit(sources, 'offline', NOW)?.id).toBe('soon')
    expect(culprit(sources, 'live', NOW)?.id).toBe('live')
    expect(culprit(sources, 'sign_in', NOW)).toBeNull()
  })
})
