import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Check } from '../bridge/generated/Check'
import type { CheckCode } from '../bridge/generated/CheckCode'
import type { SecretOutcome } from '../bridge/generated/SecretOutcome'
import { byRole, fakeIn, stage, type Stage } from '../test/mount'
import { speak } from '../words'
import AddSourceForm from './AddSourceForm.vue'

describe('adding a source', () => {
  let on: Stage
  beforeEach(async () => {
    on = await stage(AddSourceForm, {}, { fake: fakeIn('empty') })
  })

  const field = (name: string) => byRole(on.wrapper.element, 'textbox', name) as HTMLInputElement
  function fails(code: CheckCode): void {
    const checks: Check[] = [{ check: 'token', verdict: 'failed', code, detail: '' }]
    vi.spyOn(on.fake, 'secret').mockResolvedValueOnce({ type: 'probed', report: { checks, user: null } })
  }
  async function fill(values: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      field(name).value = value
      field(name).dispatchEvent(new Event('input'))
    }
    await on.wrapper.trigger('submit')
    await flushPromises()
  }

  it('tries it first, and adds it together with its token, which is in no action', async () => {
    const secret = vi.spyOn(on.fake, 'secret')
    await fill({ Name: ' Community ', 'Address of the API': 'https://example.org/api', Token: 's3cret' })
    const source = { name: 'Community', url: 'https://example.org/api', site: null }
    expect(on.fake.acts).toEqual([])
    const token = { type: 'token', token: 's3cret' }
    expect(secret.mock.calls).toEqual([
      [{ type: 'try', source: { ...source, secrets: 'keychain' } }, token],
      [{ type: 'add', source: { ...source, secrets: 'keychain' } }, token],
    ])
    expect(on.router.currentRoute.value.path).toBe('/sources/source-1')
    expect(field('Token').value).toBe('')
  })

  it('leads to the source that its user has already', async () => {
    vi.spyOn(on.fake, 'secret')
      .mockResolvedValueOnce({ type: 'probed', report: { checks: [], user: null } })
      .mockResolvedValueOnce({ type: 'kept', source: 'source-7' })
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', Token: 't' })
    expect(on.fake.present().sources).toEqual([])
    expect(on.router.currentRoute.value.path).toBe('/sources/source-7')
  })

  it('knows what was typed and chosen when one comes back to it', async () => {
    field('Name').value = 'Community'
    field('Name').dispatchEvent(new Event('input'))
    await on.wrapper.find('input[type=checkbox]').setValue(true)
    on.wrapper.unmount()
    on = await stage(AddSourceForm, {}, { fake: on.fake, belfry: on.belfry })
    expect(field('Name').value).toBe('Community')
    await fill({ 'Address of the API': 'https://example.org/api', Token: 't' })
    expect(on.fake.present().sources.map(({ secret }) => secret)).toEqual(['session'])
  })

  it('says beside each field what is wrong, and does nothing', async () => {
    await fill({ 'Address of the API': 'example.org', Name: '' })
    const text = on.wrapper.text()
    expect(text).toContain('Give it a name.')
    expect(text).toContain('Enter an address that begins with http')
    expect(text).toContain('Paste the token.')
    expect(on.fake.acts).toEqual([])
  })

  it.each([
    'ftp://example.org',
    'https://u:p@example.org',
    'https://example.org/?token=x',
    'https://example.org/#a',
  ])('refuses the address %s', async (address) => {
    await fill({ Name: 'a', 'Address of the API': address, Token: 't' })
    expect(on.fake.acts).toEqual([])
  })

  it('says beside the name that another source has it', async () => {
    on = await stage(AddSourceForm, {}, { fake: fakeIn('default') })
    const name = on.fake.present().sources[0]?.name ?? ''
    await fill({ Name: name, 'Address of the API': 'https://b.example', Token: 't' })
    expect(on.wrapper.text()).toContain('Another source has this name already.')
    expect(field('Token').value, 'what was typed stays').toBe('t')
    field('Name').value = 'another'
    field('Name').dispatchEvent(new Event('input'))
    await flushPromises()
    expect(on.wrapper.text()).not.toContain('Another source has this name already.')
  })

  it('says what is wrong in the language that is spoken now', async () => {
    await fill({ Name: '' })
    speak('zh-CN')
    await flushPromises()
    expect(on.wrapper.text()).toContain('请粘贴令牌。')
  })

  it('adds nothing where the test fails, says which step and what to do', async () => {
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', Token: 'wrong' })
    expect(on.fake.acts).toEqual([])
    expect(on.wrapper.text()).toContain('The server does not accept this token. Get a new one')
    expect(field('Token').value).toBe('wrong')
    expect(() => byRole(on.wrapper.element, 'button', 'Add anyway'), 'a refused token helps nobody').toThrow()
  })

  it('can be told to go on where the server may only be away, and shows the report', async () => {
    const shown = vi.spyOn(Element.prototype, 'scrollIntoView')
    fails('unreachable')
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', Token: 't' })
    expect(shown).toHaveBeenCalledOnce()
    byRole(on.wrapper.element, 'button', 'Add anyway').click()
    await flushPromises()
    expect(on.fake.secrets).toEqual(['source-1'])
    expect(on.router.currentRoute.value.path).toBe('/sources/source-1')
  })

  it('adds it without a token where only a server that is away could give one for the password', async () => {
    fails('unreachable')
    await on.wrapper.find('input[value=password]').setValue(true)
    const password = { 'User name': 'ann', Password: 'p' }
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', ...password })
    byRole(on.wrapper.element, 'button', 'Add anyway').click()
    await flushPromises()
    expect(on.fake.acts.map((act) => act.type)).toEqual(['add_source'])
    expect(on.fake.secrets).toEqual([])
  })

  it.each(['login_refused', 'token_forbidden', 'no_login'] as const)(
    'does not go on after %s',
    async (code) => {
      fails(code)
      await fill({ Name: 'a', 'Address of the API': 'https://example.org', Token: 't' })
      expect(on.wrapper.text()).toContain('The connection does not work yet')
      expect(() => byRole(on.wrapper.element, 'button', 'Add anyway')).toThrow()
    },
  )

  it('is broken off: what comes of the test adds nothing', async () => {
    on = await stage(AddSourceForm, {}, { address: '/sources/new' })
    let answer: (outcome: SecretOutcome) => void = () => undefined
    vi.spyOn(on.fake, 'secret').mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', Token: 't' })
    byRole(on.wrapper.element, 'button', 'Cancel').click()
    await flushPromises()
    answer({ type: 'probed', report: { checks: [], user: null } })
    await flushPromises()
    expect(on.fake.acts).toEqual([])
    expect(on.router.currentRoute.value.path).toBe('/inbox')
  })

  it('promises a keychain only where there is one', async () => {
    expect(on.wrapper.text()).toContain('where there is none, in memory only')
    on = await stage(AddSourceForm, {}, { fake: fakeIn('default') })
    expect(on.wrapper.text()).toContain('Kept in the system keychain, never in a file.')
    const fake = fakeIn('signin')
    const view = fake.present()
    vi.spyOn(fake, 'view').mockResolvedValue({
      ...view,
      sources: view.sources.map((source) => ({ ...source, secret: 'absent' })),
    })
    on = await stage(AddSourceForm, {}, { fake })
    expect(on.wrapper.text()).toContain('Kept in memory only')
    expect((on.wrapper.find('input[type=checkbox]').element as HTMLInputElement).checked).toBe(true)
  })

  it('takes a user name and a password where that is chosen', async () => {
    const secret = vi.spyOn(on.fake, 'secret')
    await on.wrapper.find('input[value=password]').setValue(true)
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', 'User name': 'ann' })
    expect(on.wrapper.text()).toContain('Enter the password.')
    await fill({ Password: ' p ' })
    expect(secret).toHaveBeenLastCalledWith(
      { type: 'add', source: { name: 'a', url: 'https://example.org', site: null, secrets: 'keychain' } },
      { type: 'password', user: 'ann', password: ' p ' },
    )
  })

  it('adds nothing where its token is not taken, says so, and keeps what was typed', async () => {
    const secret = on.fake.secret.bind(on.fake)
    vi.spyOn(on.fake, 'secret').mockImplementation((what, given) =>
      what.type === 'try' ? secret(what, given) : Promise.reject({ code: 'unreachable', message: 'gone' }),
    )
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', Token: 't' })
    expect(on.fake.present().sources).toEqual([])
    expect(on.wrapper.text()).toContain('nothing was changed')
    expect(field('Token').value).toBe('t')
  })
})
