import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { byRole, fakeIn, stage, until, type Stage } from '../test/mount'
import SignInForm from './SignInForm.vue'

describe('signing in', () => {
  let on: Stage
  let field: HTMLInputElement

  beforeEach(async () => {
    const fake = fakeIn('signin')
    on = await stage(SignInForm, { source: fake.present().sources[0] }, { fake })
    field = byRole(on.wrapper.element, 'textbox', 'Token') as HTMLInputElement
  })

  async function submit(token: string): Promise<void> {
    field.value = token
    field.dispatchEvent(new Event('input'))
    await on.wrapper.trigger('submit')
  }

  it('hands the token inwards, trimmed, and forgets it at once', async () => {
    const secret = vi.spyOn(on.fake, 'secret')
    await submit('  s3cret\n')
    expect(secret).toHaveBeenCalledWith(
      { type: 'keep', source: 'community' },
      { type: 'token', token: 's3cret' },
    )
    expect(field.value).toBe('')
    await flushPromises()
    expect(on.wrapper.html()).not.toContain('s3cret')
    expect(JSON.stringify(on.belfry.view.value)).not.toContain('s3cret')
  })

  it('says how long to wait after too many tries', async () => {
    const failure = { code: 'too_many_tries', message: '429' }
    const secret = vi.spyOn(on.fake, 'secret').mockRejectedValueOnce({ ...failure, retry_after_s: 42 })
    await submit('s3cret')
    await until(() => on.wrapper.text().includes('Wait 42 s'), 'the wait is there')
    secret.mockRejectedValueOnce(failure)
    await submit('s3cret')
    await until(() => on.wrapper.text().includes('Wait a while'), 'there is no number')
  })

  it('forgets the token also when it was not taken, and says why', async () => {
    vi.spyOn(on.fake, 'secret').mockRejectedValueOnce({ code: 'keychain', message: 'locked' })
    await submit('s3cret')
    await until(() => on.wrapper.text().includes('keychain did not accept'), 'the sentence is there')
    expect(field.value).toBe('')
    field.value = 'x'
    field.dispatchEvent(new Event('input'))
    await until(() => !on.wrapper.text().includes('keychain did not accept'), 'the sentence is gone')
  })

  it('leads to another source where the token is another user’s', async () => {
    vi.spyOn(on.fake, 'secret').mockResolvedValueOnce({ type: 'kept', source: 'source-7' })
    await submit('s3cret')
    await until(() => on.router.currentRoute.value.path === '/sources/source-7', 'the other source is shown')
  })

  it('says from the start where the token will be', async () => {
    expect(on.wrapper.text()).toContain('Kept in the system keychain')
    const signedOut = fakeIn('session')
    await signedOut.act({ type: 'sign_out', source: 'community' })
    const inMemory = await stage(SignInForm, { source: signedOut.present().sources[0] }, { fake: signedOut })
    expect(inMemory.wrapper.text()).toContain('Kept in memory only')
    const source = { ...on.fake.present().sources[0], secret: 'absent' }
    const without = await stage(SignInForm, { source }, { fake: on.fake })
    expect(without.wrapper.text()).toContain('Kept in memory only')
    expect(without.wrapper.text()).toContain('This system has no keychain')
  })

  it('is a field that shows and remembers nothing', () => {
    expect(field.type).toBe('password')
    expect(field.autocomplete).toBe('off')
  })

  it('asks for a token when there is none', async () => {
    const secret = vi.spyOn(on.fake, 'secret')
    await submit('   ')
    expect(secret).not.toHaveBeenCalled()
    expect(on.wrapper.text()).toContain('Paste the token.')
  })
})
