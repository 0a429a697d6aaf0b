// The states that the fake backend can start in, chosen by `/?scene=…`.

import type { Filter } from '../generated/Filter'
import type { Hold } from '../generated/Hold'
import type { LinkView } from '../generated/LinkView'
import type { SavedView } from '../generated/SavedView'
import type { SecretView } from '../generated/SecretView'
import type { GapView } from '../generated/GapView'
import type { NetworkForm } from '../generated/NetworkForm'
import type { SourceMark } from '../generated/SourceMark'
import type { Untold } from '../generated/Untold'
import { HISTORY, LIVE, type Sample } from './samples'

/** The way to a server where nothing else is asked for. */
export const PLAIN_NETWORK: Readonly<NetworkForm> = {
  proxy: 'system',
  headers: {},
  ca_file: '',
  client_certificate: '',
  pin: '',
  http: 'auto',
  allow_plain_http: false,
}

/** Nothing is narrowed. */
export const ALL: Filter = { link: false, pinned: false, unread: false }

/** A source as the fake keeps it. */
export interface FakeSource {
  id: string
  name: string
  url: string
  moved_to: string | null
  site: string | null
  templates: Record<string, string>
  link_schemes: string[]
  mark: SourceMark
  network: NetworkForm
  link: LinkView
  secret: SecretView
  untold: Untold[]
  gap: GapView | null
}

/** What a scene begins with. */
export interface Scene {
  sources: FakeSource[]
  messages: Iterable<{ sample: Sample; at: number }>
  /** What arrives while one looks on. */
  live: readonly Sample[]
  demo: 'demo' | 'real'
  hold: Hold | null
  views: SavedView[]
}

/** Lists that the user of the scene `saved` has. */
const VIEWS: SavedView[] = [
  {
    name: '本周要处理',
    tab: { type: 'all' },
    filter: { priority: 4, days: 7, link: false, pinned: false, unread: false },
    text: '',
  },
  { name: 'Deploys', tab: { type: 'all' }, filter: { ...ALL, kind: 'deploy' }, text: '' },
  { name: '报表', tab: { type: 'all' }, filter: ALL, text: '报表' },
]

/** The names of all scenes. */
export const SCENES = [
  'default',
  'empty',
  'quiet',
  'offline',
  'signin',
  'connecting',
  'loading',
  'failing',
  'slow',
  'gap',
  'polling',
  'session',
  'paused',
  'quiet_hours',
  'flood',
  'many',
  'broken',
  'saved',
  'storage',
  'set_aside',
  'notices',
] as const
export type SceneName = (typeof SCENES)[number]

const MINUTE = 60_000
const MANY = 100_000

/** Builds a scene as of `now` (Unix milliseconds). */
export function scene(name: SceneName, now: number): Scene {
  const iso = (offset: number) => new Date(now + offset).toISOString()
  const live = (): LinkView => ({
    state: 'live',
    reason: null,
    since: iso(-47 * MINUTE),
    attempt: 0,
    retry_at: null,
  })
  const source = (id: string, sourceName: string, url: string): FakeSource => ({
    id,
    name: sourceName,
    url,
    moved_to: null,
    site: null,
    templates: { reply: '/community/post/{relatedId}' },
    link_schemes: [],
    mark: {},
    network: { ...PLAIN_NETWORK },
    link: live(),
    secret: 'keychain',
    untold: [],
    gap: null,
  })
  const community = source('community', '开发者社区', 'https://community.example.org/api')
  const ops = source('ops', '运维告警 ntfy', 'https://ops.example.org')
  const office = source('office', '办公系统', 'https://office.example.org/prod-api')
  const sources = [community, ops, office]
  const history = () =>
    [...HISTORY].reverse().map((sample) => ({ sample, at: now - (sample.age ?? 0) * MINUTE }))
  const base: Scene = { sources, messages: history(), live: LIVE, demo: 'real', hold: null, views: [] }

  switch (name) {
    case 'default':
      office.link = {
        state: 'stopped',
        reason: 'rejected',
        since: iso(-9 * MINUTE),
        attempt: 1,
        retry_at: null,
      }
      ops.gap = { from: iso(-190 * MINUTE), until: iso(-160 * MINUTE) }
      return base
    case 'empty':
      return { ...base, sources: [], messages: [], live: [] }
    case 'quiet':
      return { ...base, sources: [community], messages: [], live: [] }
    case 'offline':
      for (const each of sources) {
        each.link = {
          state: 'waiting',
          reason: 'unreachable',
          since: iso(-4 * MINUTE),
          attempt: 5,
          retry_at: iso(24_500),
        }
      }
      return { ...base, live: [] }
    case 'signin':
      community.link = {
        state: 'stopped',
        reason: 'rejected',
        since: iso(-2 * MINUTE),
        attempt: 1,
        retry_at: null,
      }
      return { ...base, sources: [community], live: [] }
    case 'connecting':
      community.link = { state: 'opening', reason: null, since: iso(-800), attempt: 0, retry_at: null }
      return { ...base, live: [] }
    case 'slow':
      return { ...base, live: [] }
    case 'loading':
    case 'failing':
      return { ...base, sources: [community, ops], live: [] }
    case 'gap':
      community.gap = { from: null, until: iso(-40 * MINUTE) }
      return { ...base, sources: [community] }
    case 'polling':
      community.link = {
        state: 'polling',
        reason: 'no_stream',
        since: iso(-12 * MINUTE),
        attempt: 10,
        retry_at: iso(4 * MINUTE),
      }
      return { ...base, sources: [community] }
    case 'session':
      community.secret = 'session'
      return { ...base, sources: [community], demo: 'demo' }
    case 'paused':
      return { ...base, hold: { why: 'paused', until: null } }
    case 'storage':
    case 'set_aside':
    case 'notices':
      return { ...base, live: [] }
    case 'saved':
      return { ...base, views: structuredClone(VIEWS) }
    case 'quiet_hours':
      return { ...base, hold: { why: 'quiet_hours', until: iso(90 * MINUTE) } }
    case 'flood':
      return { ...base, live: LIVE }
    case 'many':
      return { ...base, messages: many(now) }
    case 'broken':
      return { ...base, live: [] }
  }
}

function* many(now: number): Iterable<{ sample: Sample; at: number }> {
  const samples = [...HISTORY, ...LIVE]
  for (let n = MANY; n > 0; n -= 1) {
    const sample = samples[(n * 7) % samples.length]
    if (!sample) continue
    yield {
      sample: { ...sample, title: `#${String(n)} ${sample.title}`, read: n % 9 !== 0 },
      at: now - n * 4 * MINUTE,
    }
  }
}
