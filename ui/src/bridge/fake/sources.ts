// The sources of the fake backend, and what becomes of them.

import type { Connection } from '../generated/Connection'
import type { Failure } from '../generated/Failure'
import type { LinkView } from '../generated/LinkView'
import type { NetworkForm } from '../generated/NetworkForm'
import type { NewSource } from '../generated/NewSource'
import type { SourceChange } from '../generated/SourceChange'
import { connectionOf, worst } from './answers'
import { PLAIN_NETWORK, type FakeSource } from './scenes'

/** Sources in the user's order. */
export class Sources {
  /** Those whose token is to be kept in memory, and not in the keychain. */
  private readonly inMemory = new Set<string>()

  constructor(readonly all: FakeSource[]) {
    for (const { id, secret } of all) if (secret === 'session') this.inMemory.add(id)
  }

  find(id: string): FakeSource {
    const source = this.all.find((candidate) => candidate.id === id)
    if (!source) throw { code: 'not_found', message: `no source ${id}` } satisfies Failure
    return source
  }

  nameOf(id: string): string {
    return this.all.find((source) => source.id === id)?.name ?? id
  }

  isInMemory(id: string): boolean {
    return this.inMemory.has(id)
  }

  /** The connections as a whole. */
  connection(): Connection {
    return worst(this.all.map((source) => connectionOf(source.link)))
  }

  /** Adds one, which waits for its token. Returns its id. */
  add({ name, url, secrets }: NewSource): string {
    this.refuseTwin(name, null)
    const id = `source-${String(this.all.length + 1)}`
    if (secrets === 'session') this.inMemory.add(id)
    this.all.push({
      id,
      name,
      url,
      moved_to: null,
      site: null,
      templates: {},
      link_schemes: [],
      mark: {},
      network: { ...PLAIN_NETWORK },
      link: link('stopped', 'signed_out'),
      secret: secrets === 'session' ? 'session' : 'missing',
      untold: [],
      gap: null,
    })
    return id
  }

  edit(id: string, change: SourceChange): void {
    const { name, site, templates, secrets, link_schemes, network, mark, limits } = change
    const source = this.find(id)
    if (name !== undefined) this.refuseTwin(name, id)
    if (site !== undefined && site !== null && site !== '' && !/^https?:\/\/./.test(site)) {
      throw { code: 'invalid', message: 'no address', field: 'site' } satisfies Failure
    }
    if (link_schemes?.includes('javascript')) {
      throw { code: 'invalid', message: 'no scheme', field: 'link_schemes' } satisfies Failure
    }
    if (limits?.attempts === 0) {
      throw { code: 'invalid', message: 'no attempts', field: 'limits' } satisfies Failure
    }
    if (network !== undefined) this.reach(source, network)
    source.link_schemes = link_schemes ?? source.link_schemes
    source.mark = mark ?? source.mark
    source.name = name ?? source.name
    source.site = site === '' ? null : (site ?? source.site)
    source.templates = { ...(templates ?? source.templates) } as Record<string, string>
    if (secrets === 'session') this.inMemory.add(source.id)
    if (secrets === 'keychain') this.inMemory.delete(source.id)
    if (secrets !== undefined && source.secret !== 'missing') source.secret = secrets
  }

  move(id: string, to: number): void {
    const source = this.find(id)
    this.remove(id)
    this.all.splice(to, 0, source)
  }

  remove(id: string): void {
    this.all.splice(this.all.indexOf(this.find(id)), 1)
  }

  signOut(id: string): void {
    const source = this.find(id)
    source.link = link('stopped', 'signed_out')
    source.secret = 'missing'
  }

  dismissGap(id: string): void {
    this.find(id).gap = null
  }

  /** Its server has refused the token. */
  reject(id: string): void {
    this.find(id).link = link('stopped', 'rejected')
  }

  /** It has a token, and connects. */
  signIn(id: string, changed: () => void): void {
    const source = this.find(id)
    source.secret = this.inMemory.has(id) ? 'session' : 'keychain'
    source.link = link('opening', null)
    setTimeout(() => {
      source.link = link('live', null)
      changed()
    }, 900)
  }

  /** Tries every connection that is not live, in vain. */
  retry(changed: () => void): void {
    for (const source of this.all) {
      if (source.link.state !== 'waiting' && source.link.state !== 'polling') continue
      const { state, reason } = source.link
      source.link = link('opening', null)
      setTimeout(() => {
        source.link = { ...link(state, reason), retry_at: new Date(Date.now() + 38_000).toISOString() }
        changed()
      }, 1_500)
    }
  }

  private reach(source: FakeSource, network: NetworkForm): void {
    if (/@/.test(network.proxy))
      throw { code: 'invalid', message: 'no proxy', field: 'proxy' } satisfies Failure
    if ('Authorization' in network.headers) {
      throw { code: 'invalid', message: 'a secret', field: 'headers' } satisfies Failure
    }
    source.network = network
    if (network.allow_plain_http && source.link.reason === 'not_encrypted') source.link = link('live', null)
  }

  private refuseTwin(name: string, own: string | null): void {
    if (!this.all.some((source) => source.name === name && source.id !== own)) return
    throw { code: 'taken', message: `a source named ${name} exists`, field: 'name' } satisfies Failure
  }
}

function link(state: LinkView['state'], reason: LinkView['reason']): LinkView {
  return { state, reason, since: new Date().toISOString(), attempt: 0, retry_at: null }
}
