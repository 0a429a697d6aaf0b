import { describe, expect, it } from 'vitest'

import { PLAIN_NETWORK } from '../bridge/fake/scenes'
import type { LinkView } from '../bridge/generated/LinkView'
import type { SourceView } from '../bridge/generated/SourceView'
import { canTryAgain, culprit, keychainOf, needsSignIn } from './sources'

const NOW = Date.UTC(2026, 10, 22, 10)
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString()

function source(id: string, link: Partial<LinkView>, view: Partial<SourceView> = {}): SourceView {
  return {
    id,
    name: id,
    url: 'https://example.org',
    moved_to: null,
    site: null,
    templates: {},
    link_schemes: [],
    mark: {},
    network: { ...PLAIN_NETWORK },
    connection: 'live',
    help: 'nothing',
    secret: 'keychain',
    unread: 0,
    kinds: [],
    untold: [],
    gap: null,
    link: { state: 'live', reason: null, since: at(0), attempt: 0, retry_at: null, ...link },
    ...view,
  }
}

describe('what helps a source', () => {
  it.each([
    ['nothing', false, false],
    ['sign_in', true, false],
    ['unlock_keychain', true, true],
    ['allow_plain_http', false, false],
    ['retry', false, true],
  ] as const)('%s: a token %s, another attempt %s', (help, token, again) => {
    expect(needsSignIn(source('a', {}, { help }))).toBe(token)
    expect(canTryAgain(source('a', {}, { help }))).toBe(again)
  })
})

describe('the source that explains the whole', () => {
  it('is the one of that state which is tried next', () => {
    const offline = { connection: 'offline', help: 'retry' } as const
    const sources = [
      source('live', {}),
      source('late', { state: 'waiting', since: at(-60), retry_at: at(50) }, offline),
      source('soon', { state: 'waiting', since: at(-60), retry_at: at(5) }, offline),
    ]
    expect(culprit(sources, 'offline')?.id).toBe('soon')
    expect(culprit(sources, 'live')?.id).toBe('live')
    expect(culprit(sources, 'sign_in')).toBeNull()
  })
})

describe('what is known of the keychain', () => {
  it('is nothing until it has been asked for a source', () => {
    expect(keychainOf([])).toBe('unknown')
    expect(keychainOf([source('a', {}, { secret: 'missing' })])).toBe('unknown')
    expect(keychainOf([source('a', {}, { secret: 'session' })])).toBe('unknown')
  })

  it('is that it is there, or that there is none, as one source says', () => {
    const kept = source('a', {})
    expect(keychainOf([kept])).toBe('there')
    expect(keychainOf([kept, source('b', {}, { secret: 'absent' })])).toBe('absent')
    expect(keychainOf([source('b', { reason: 'keychain_absent' }, { secret: 'missing' })])).toBe('absent')
  })
})
