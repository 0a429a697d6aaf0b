import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Check } from '../bridge/generated/Check'
import { byRole, fakeIn, stage, until, type Stage } from '../test/mount'
import SetupPage from './SetupPage.vue'

describe('the first run', () => {
  let on: Stage
  beforeEach(async () => {
    on = await stage(SetupPage, { first: 'first' }, { fake: fakeIn('empty') })
  })

  const press = async (name: string) => {
    byRole(on.wrapper.element, 'button', name).click()
    await flushPromises()
  }
  async function type(name: string, value: string): Promise<void> {
    const field = byRole(on.wrapper.element, 'textbox', name) as HTMLInputElement
    field.value = value
    field.dispatchEvent(new Event('input'))
    await flushPromises()
  }

  it('speaks the language that is chosen, and keeps what was typed', async () => {
    await type('Name', 'Forum')
    await on.wrapper.find('input[value="zh-CN"]').setValue(true)
    await flushPromises()
    expect(on.fake.acts).toMatchObject([{ preferences: { language: 'zh-CN' } }])
    expect(on.wrapper.findAll('input').some(({ element }) => element.value === 'Forum')).toBe(true)
  })

  it('offers the demo, which opens by itself', async () => {
    await press('Try the demo')
    expect(on.fake.acts).toEqual([{ type: 'start_demo' }])
    expect(on.wrapper.text()).toContain('opens in a window of its own')
  })

  it('says what it found while one types, without a token and with one, never with half of one', async () => {
    const secret = vi.spyOn(on.fake, 'secret')
    const checks: Check[] = [{ check: 'token', verdict: 'failed', code: 'token_missing', detail: '' }]
    secret.mockResolvedValueOnce({ type: 'probed', report: { checks, user: null } })
    await type('Address of the API', 'https://exam')
    await type('Address of the API', 'https://example.org/api')
    await until(() => on.wrapper.text().includes('It asks for a token.'), 'it says what it found')
    expect(secret.mock.calls).toHaveLength(1)
    await type('Token', 's3')
    await type('Token', 's3cret')
    expect(secret.mock.calls).toHaveLength(1)
    const user = { id: '7', name: '小满' }
    secret.mockResolvedValueOnce({ type: 'probed', report: { checks: [], user } })
    await on.wrapper.find('.secrets').trigger('focusout')
    await until(() => on.wrapper.text().includes('signed in as 小满'), 'it says whose token it is')
    expect(secret.mock.calls[1]?.[1]).toEqual({ type: 'token', token: 's3cret' })
    expect(on.fake.acts).toEqual([])
  })

  it('keeps what was typed while one is elsewhere, but no secret', async () => {
    await type('Name', 'Forum')
    await type('Token', 's3cret')
    on.wrapper.unmount()
    const again = await stage(SetupPage, { first: 'first' }, { fake: on.fake, belfry: on.belfry })
    const values = again.wrapper.findAll('input').map(({ element }) => element.value)
    expect(values).toContain('Forum')
    expect(values).not.toContain('s3cret')
  })

  it('tries a notification, and helps where none was seen', async () => {
    await press('Show one')
    expect(on.fake.acts).toEqual([{ type: 'test_popup', sound: 'default' }])
    await press('No')
    expect(on.wrapper.text()).toContain('do not disturb')
    on.fake.failNext = 'popup'
    await press('Show another')
    expect(on.wrapper.text()).toContain('Your desktop did not take the notification.')
    await press('Show another')
    await press('Yes')
    expect(on.wrapper.text()).toContain('That is how messages arrive.')
  })

  it('starts with the session where that is wanted', async () => {
    await on.wrapper.find('input[aria-label="Start when I sign in to this computer"]').trigger('change')
    await flushPromises()
    expect(on.fake.acts).toMatchObject([{ preferences: { start_at_login: true } }])
  })
})
