import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { PLAIN_NETWORK } from '../bridge/fake/scenes'
import type { SourceView } from '../bridge/generated/SourceView'
import { byRole, fakeIn, stage, type Stage } from '../test/mount'
import SourcePane from './SourcePane.vue'

async function pane(scene: Parameters<typeof fakeIn>[0], change: Partial<SourceView> = {}): Promise<Stage> {
  const fake = fakeIn(scene)
  const source = { ...(fake.present().sources[0] as SourceView), ...change }
  return stage(SourcePane, { source }, { fake })
}

describe('a source', () => {
  it('is signed out only after a second word', async () => {
    const { wrapper, fake } = await pane('quiet')
    byRole(wrapper.element, 'button', 'Sign out').click()
    await flushPromises()
    expect(fake.acts).toEqual([])
    byRole(wrapper.element, 'button', 'Sign out now').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'sign_out', source: 'community' }])
  })

  it('asks for a token where one is needed, and says why', async () => {
    const { wrapper } = await pane('signin')
    expect(wrapper.text()).toContain('The server did not accept the token.')
    expect(wrapper.find('input[type=password]').exists()).toBe(true)
    expect(() => byRole(wrapper.element, 'button', 'Sign out')).toThrow()
  })

  it('sends a token in the clear only after a yes', async () => {
    const link = { state: 'stopped', reason: 'not_encrypted', attempt: 0, retry_at: null } as const
    const stopped = { ...link, since: new Date().toISOString() }
    const { wrapper, fake } = await pane('quiet', { link: stopped, help: 'allow_plain_http' })
    expect(wrapper.text()).toContain('The token was not sent, because the connection is not encrypted.')
    byRole(wrapper.element, 'button', 'Send it all the same').click()
    await flushPromises()
    const network = { ...PLAIN_NETWORK, allow_plain_http: true }
    expect(fake.acts).toEqual([{ type: 'edit_source', source: 'community', change: { network } }])
  })

  it('leads to the network settings where a proxy asks who is there', async () => {
    const link = { state: 'stopped', reason: 'proxy_login', attempt: 0, retry_at: null } as const
    const stopped = { ...link, since: new Date().toISOString() }
    const { wrapper, router } = await pane('quiet', { link: stopped, help: 'retry' })
    byRole(wrapper.element, 'link', 'Proxy’s user and password…').click()
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/settings/sources/community?part=network')
  })

  it('says what may be missing, as far as it is known', async () => {
    const text = async (gap: SourceView['gap']) => (await pane('quiet', { gap })).wrapper.text()
    const from = new Date(2025, 2, 1, 2, 10).toISOString()
    const until = new Date(2025, 2, 1, 2, 40).toISOString()
    expect(await text({ from, until })).toMatch(
      /between Mar 1, 2025, 02:10 and Mar 1, 2025, 02:40 may be missing/,
    )
    expect(await text({ from, until: null })).toContain('Messages since Mar 1')
    expect(await text({ from: null, until })).toContain('Messages before Mar 1')
    expect(await text({ from: null, until: null })).toContain('Some messages may be missing')
  })

  it('puts the word of a gap away when it is known', async () => {
    const { wrapper, fake } = await pane('quiet', { gap: { from: null, until: null } })
    byRole(wrapper.element, 'button', 'Got it').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'dismiss_gap', source: 'community' }])
  })

  it('says where its server has moved it, and how that is forgotten', async () => {
    const at = async (moved_to: string | null) => (await pane('quiet', { moved_to })).wrapper.text()
    expect(await at(null)).not.toContain('moved')
    const text = await at('https://community.example.org/v2/stream')
    expect(text).toContain('for good to https://community.example.org/v2/stream')
    expect(text).toContain('when nothing is there any more, and when you reconnect')
    const link = { state: 'stopped', reason: 'moved', attempt: 0, retry_at: null } as const
    const away = { link: { ...link, since: new Date().toISOString() }, moved_to: 'https://new.example' }
    expect((await pane('quiet', away)).wrapper.text()).toContain(
      'points to https://new.example, which was asked',
    )
  })

  it('says what its server does not take', async () => {
    expect((await pane('quiet')).wrapper.text()).not.toContain('The server takes no')
    const text = (await pane('quiet', { untold: ['deletions'] })).wrapper.text()
    expect(text).toContain('The server takes no deletions')
    expect(text).not.toContain('read marks')
  })

  it('need not wait for a locked keychain, nor do without one that is there', async () => {
    const locked = await pane('quiet', { secret: 'locked' })
    byRole(locked.wrapper.element, 'button', 'Keep it in memory only').click()
    expect(locked.wrapper.text()).toContain('The stored token is erased once the keychain is open')
    await flushPromises()
    const change = (secrets: string) => ({ type: 'edit_source', source: 'community', change: { secrets } })
    expect(locked.fake.acts).toEqual([change('session')])

    // Another source's token is in the keychain, so there is one.
    const { wrapper, fake } = await pane('default')
    expect(() => byRole(wrapper.element, 'button', /Keep it/)).toThrow()
    await fake.act({ type: 'edit_source', source: 'community', change: { secrets: 'session' } })
    await wrapper.setProps({ source: fake.present().sources[0] as SourceView })
    await flushPromises()
    byRole(wrapper.element, 'button', 'Keep it in the system keychain').click()
    await flushPromises()
    expect(fake.acts.at(-1)).toEqual(change('keychain'))
  })

  it('can be given to the keychain, too, where nothing is known of one', async () => {
    const on = await pane('quiet')
    for (const { id } of on.fake.present().sources)
      await on.fake.act({ type: 'edit_source', source: id, change: { secrets: 'session' } })
    const source = on.fake.present().sources[0] as SourceView
    await on.wrapper.setProps({ source })
    await flushPromises()
    expect(byRole(on.wrapper.element, 'button', 'Keep it in the system keychain')).toBeTruthy()
    await on.wrapper.setProps({ source: { ...source, secret: 'absent' } })
    expect(() => byRole(on.wrapper.element, 'button', 'Keep it in the system keychain')).toThrow()
  })

  it('says when it is tried again', async () => {
    expect((await pane('offline')).wrapper.text()).toMatch(/Next attempt in 2\d s/)
  })
})
