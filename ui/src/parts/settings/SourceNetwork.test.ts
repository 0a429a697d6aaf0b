import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { PLAIN_NETWORK } from '../../bridge/fake/scenes'
import type { SourceView } from '../../bridge/generated/SourceView'
import { byRole, fakeIn, stage, type Stage } from '../../test/mount'
import { headerLines, headersIn } from './headers'
import SourceNetwork from './SourceNetwork.vue'

async function network(change: Partial<SourceView> = {}): Promise<Stage> {
  const fake = fakeIn('default')
  const source = { ...(fake.present().sources[0] as SourceView), ...change }
  return stage(SourceNetwork, { source }, { fake })
}

async function fill(on: Stage, name: string, value: string): Promise<void> {
  const field = byRole(on.wrapper.element as HTMLElement, 'textbox', name) as HTMLInputElement
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}

async function headers(on: Stage, value: string): Promise<void> {
  await on.wrapper.find('textarea').setValue(value)
}

async function save(on: Stage): Promise<void> {
  await on.wrapper.find('form').trigger('submit')
  await flushPromises()
}

describe('the way to a server', () => {
  it('is folded away until something is asked for', async () => {
    expect((await network()).wrapper.attributes('open')).toBeUndefined()
    const asked = await network({ network: { ...PLAIN_NETWORK, proxy: 'none' } })
    expect(asked.wrapper.attributes('open')).toBeDefined()
  })

  it('is saved whole, and only when something is different', async () => {
    const on = await network()
    const button = byRole(on.wrapper.element as HTMLElement, 'button', 'Save network')
    expect(button.hasAttribute('disabled')).toBe(true)
    await fill(on, 'Private authority', ' /etc/company.pem ')
    await headers(on, 'X-Tenant: a: b\n\n')
    expect(button.hasAttribute('disabled')).toBe(false)
    await save(on)
    const change = {
      network: { ...PLAIN_NETWORK, ca_file: '/etc/company.pem', headers: { 'X-Tenant': 'a: b' } },
    }
    expect(on.fake.acts).toEqual([{ type: 'edit_source', source: 'community', change }])
    expect(on.wrapper.text()).toContain('Saved')
  })

  it('keeps what was typed until the view with it has come, also behind the answer', async () => {
    const on = await network()
    await fill(on, 'Private authority', ' /etc/company.pem ')
    await save(on)
    const field = byRole(
      on.wrapper.element as HTMLElement,
      'textbox',
      'Private authority',
    ) as HTMLInputElement
    expect(field.value).toBe(' /etc/company.pem ')
    const source = on.fake.present().sources[0] as SourceView
    await on.wrapper.setProps({
      source: { ...source, network: { ...PLAIN_NETWORK, ca_file: '/etc/company.pem' } },
    })
    expect(field.value).toBe('/etc/company.pem')
    expect(on.wrapper.text()).toContain('Saved')
  })

  it('hands the password of a named proxy inwards and forgets it', async () => {
    const on = await network({ network: { ...PLAIN_NETWORK, proxy: 'http://proxy.example:3128' } })
    await fill(on, 'User name at the proxy', 'me')
    await fill(on, 'Password at the proxy', 'pr0xy')
    await save(on)
    expect(on.fake.acts).toEqual([])
    expect(on.fake.secrets).toEqual(['community'])
    expect((on.wrapper.find('input[type=password]').element as HTMLInputElement).value).toBe('')
  })

  it('says beside the field what is wrong', async () => {
    const on = await network()
    await fill(on, 'Proxy', 'http://me:pw@proxy.example')
    await save(on)
    expect(on.wrapper.text()).toContain('without user name and password')
    await fill(on, 'Proxy', 'none')
    expect(on.wrapper.text()).not.toContain('without user name and password')
    await headers(on, 'Authorization: Bearer x')
    await save(on)
    expect(on.wrapper.text()).toContain('Those that may hold a secret')
  })
})

describe('headers as lines', () => {
  it.each([
    ['', {}],
    ['X-A: 1\n X-B :2 ', { 'X-A': '1', 'X-B': '2' }],
    ['nothing', { nothing: '' }],
  ])('%j', (text, expected) => {
    expect(headersIn(text)).toEqual(expected)
    expect(headersIn(headerLines(expected))).toEqual(expected)
  })
})
