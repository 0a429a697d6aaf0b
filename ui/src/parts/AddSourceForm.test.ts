import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { byRole, fakeIn, stage, type Stage } from '../test/mount'
import AddSourceForm from './AddSourceForm.vue'

describe('adding a source', () => {
  let on: Stage
  beforeEach(async () => {
    on = await stage(AddSourceForm, {}, { fake: fakeIn('empty') })
  })

  const field = (name: string) => byRole(on.wrapper.element, 'textbox', name) as HTMLInputElement
  async function fill(values: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      field(name).value = value
      field(name).dispatchEvent(new Event('input'))
    }
    await on.wrapper.trigger('submit')
    await flushPromises()
  }

  it('adds it first and hands the token over after, never inside the action', async () => {
    const secret = vi.spyOn(on.fake, 'secret')
    await fill({ Name: ' Community ', 'Address of the API': 'https://example.org/api', Token: 's3cret' })
    expect(on.fake.acts).toEqual([
      {
        type: 'add_source',
        source: { name: 'Community', url: 'https://example.org/api', site: null, secrets: 'keychain' },
      },
    ])
    expect(secret).toHaveBeenCalledWith(
      { type: 'keep', source: 'source-1' },
      { type: 'token', token: 's3cret' },
    )
    expect(on.router.currentRoute.value.fullPath).toBe('/sources/source-1')
    expect(field('Token').value).toBe('')
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
  })

  it('leads to the source also when its token was not taken', async () => {
    vi.spyOn(on.fake, 'secret').mockRejectedValueOnce({ code: 'keychain', message: 'locked' })
    await fill({ Name: 'a', 'Address of the API': 'https://example.org', Token: 't' })
    expect(on.router.currentRoute.value.fullPath).toBe('/sources/source-1')
    expect(on.belfry.failure.value?.code).toBe('keychain')
  })
})
