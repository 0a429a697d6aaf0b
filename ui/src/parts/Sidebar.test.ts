import { describe, expect, it } from 'vitest'

import { byRole, fakeIn, stage, until } from '../test/mount'
import Sidebar from './Sidebar.vue'

describe('the sidebar', () => {
  it('shows the numbers of the view and none of its own', async () => {
    const fake = fakeIn('default')
    const view = fake.present()
    view.inbox = {
      rev: 9,
      total: 3,
      unread: 1_000,
      snoozed: 4,
      kinds: [{ kind: 'reply', total: 1, unread: 7 }],
    }
    const { wrapper } = await stage(
      Sidebar,
      { view, listed: { tab: { type: 'all' }, source: null } },
      { fake },
    )
    expect(byRole(wrapper.element, 'link', /^Unread ?1,000/).getAttribute('href')).toBe('/inbox?tab=unread')
    expect(byRole(wrapper.element, 'link', /^Put off ?4/).getAttribute('href')).toBe('/inbox?tab=snoozed')
    expect(byRole(wrapper.element, 'link', /^Replies ?7/).getAttribute('href')).toBe(
      '/inbox?tab=kind&kind=reply',
    )
    expect(byRole(wrapper.element, 'link', 'Inbox, 1,000 unread').textContent).toContain('99+')
  })

  it('counts what is in the archive', async () => {
    const fake = fakeIn('default')
    await fake.act({ type: 'archive', ids: ['1', '2'] })
    const { wrapper } = await stage(
      Sidebar,
      { view: fake.present(), listed: { tab: { type: 'all' }, source: null } },
      { fake },
    )
    expect(byRole(wrapper.element, 'link', /^Archived ?2$/).getAttribute('href')).toBe('/inbox?tab=archived')
  })

  it('keeps the open tab when the last message of its kind is gone', async () => {
    const fake = fakeIn('quiet')
    const { wrapper } = await stage(
      Sidebar,
      { view: fake.present(), listed: { tab: { type: 'kind', kind: 'deploy' }, source: null } },
      { fake },
    )
    expect(byRole(wrapper.element, 'link', 'deploy').getAttribute('aria-current')).toBe('page')
  })

  it('leads from a source to its messages', async () => {
    const fake = fakeIn('default')
    const listed = { tab: { type: 'all' }, source: 'ops' }
    const { wrapper } = await stage(Sidebar, { view: fake.present(), listed }, { fake })
    const link = byRole(wrapper.element, 'link', /^运维告警 ntfy/)
    expect(link.getAttribute('href')).toBe('/inbox?source=ops')
    expect(link.getAttribute('aria-current')).toBe('page')
    expect(byRole(wrapper.element, 'link', /^Inbox ?5/).hasAttribute('aria-current')).toBe(false)
  })

  it('says in words that a token is kept in memory only, and that it is a demo', async () => {
    const fake = fakeIn('session')
    const { wrapper } = await stage(
      Sidebar,
      { view: fake.present(), listed: { tab: { type: 'all' }, source: null } },
      { fake },
    )
    expect(wrapper.text()).toContain('In memory only')
    expect(wrapper.text()).toContain('Demo')
  })

  it('says how many are connected where not all are, and offers what helps', async () => {
    const fake = fakeIn('default')
    const { wrapper, router } = await stage(
      Sidebar,
      { view: fake.present(), listed: { tab: { type: 'all' }, source: null } },
      { fake },
    )
    expect(wrapper.text()).toContain('2 of 3 connected')
    expect(() => byRole(wrapper.element, 'button', 'Reconnect now')).toThrow()
    byRole(wrapper.element, 'button', 'Sign in').click()
    await until(() => router.currentRoute.value.name === 'source', 'the source is shown')
    expect(router.currentRoute.value.params['id']).toBe('office')
  })

  it('offers both where one source wants a sign-in and another could be tried again', async () => {
    const fake = fakeIn('default')
    const view = fake.present()
    const [first, ...others] = view.sources
    if (first === undefined) throw new Error('there is no source')
    const waits = { ...first, connection: 'offline', help: 'retry' } as const
    const { wrapper } = await stage(
      Sidebar,
      { view: { ...view, sources: [waits, ...others] }, listed: { tab: { type: 'all' }, source: null } },
      { fake },
    )
    byRole(wrapper.element, 'button', 'Sign in')
    byRole(wrapper.element, 'button', 'Reconnect now').click()
    expect(fake.acts).toEqual([{ type: 'retry_now' }])
  })

  it('explains an outage and tries again on a click', async () => {
    const fake = fakeIn('offline')
    const { wrapper } = await stage(
      Sidebar,
      { view: fake.present(), listed: { tab: { type: 'all' }, source: null } },
      { fake },
    )
    expect(wrapper.text()).toMatch(/Offline.*The server cannot be reached\..*Next attempt in 2\d s/s)
    byRole(wrapper.element, 'button', 'Reconnect now').click()
    expect(fake.acts).toEqual([{ type: 'retry_now' }])
  })
})
