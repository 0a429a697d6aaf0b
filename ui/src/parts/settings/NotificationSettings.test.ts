import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { Fake } from '../../bridge/fake'
import type { SourceView } from '../../bridge/generated/SourceView'
import SettingsPage from '../../pages/SettingsPage.vue'
import { byRole, stage, until } from '../../test/mount'

describe('the settings of notifications', () => {
  it('change one thing of one type and keep all else', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    const before = fake.present().preferences
    await wrapper.find('input[aria-label="Notify of: System"]').trigger('change')
    await flushPromises()
    const { notifications } = before
    const kinds = { ...notifications.kinds, system: { show: false, sound: 'default' } }
    expect(fake.acts).toEqual([
      { type: 'save_preferences', preferences: { ...before, notifications: { ...notifications, kinds } } },
    ])
    expect(wrapper.find('select[aria-label="Sound for: System"]').attributes('disabled')).toBeDefined()
  })

  it('list the types that sources send, which follow “message” until they are set', async () => {
    const fake = new Fake()
    const view = fake.present()
    const [source] = view.sources
    const kinds = [{ kind: 'deploy', total: 2, unread: 0 }]
    vi.spyOn(fake, 'view').mockResolvedValue({ ...view, sources: [{ ...(source as SourceView), kinds }] })
    const { wrapper } = await stage(SettingsPage, {}, { address: '/settings/notifications', fake })
    await wrapper.find('input[aria-label="Notify of: deploy"]').trigger('change')
    await flushPromises()
    expect(fake.acts).toMatchObject([
      { preferences: { notifications: { kinds: { deploy: { show: false, sound: 'default' } } } } },
    ])
  })

  it('bring notifications back while the inbox is looked at', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    await wrapper.find('input[aria-label="Notify while I look at the inbox"]').trigger('change')
    await flushPromises()
    expect(fake.acts).toMatchObject([{ preferences: { notifications: { in_inbox: 'popup' } } }])
  })

  it('say where a click on a reply leads', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    await wrapper.find('input[type=radio][value=both]').setValue(true)
    await flushPromises()
    expect(fake.acts).toMatchObject([{ preferences: { notifications: { reply_click: 'both' } } }])
  })

  it('take quiet hours for the night, and other days and times for them', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    byRole(document.body, 'button', 'Add quiet hours').click()
    await flushPromises()
    byRole(document.body, 'button', 'Sunday').click()
    await flushPromises()
    const from = wrapper.find<HTMLInputElement>('input[aria-label="From"]')
    await from.setValue('21:30')
    await from.trigger('change')
    await flushPromises()
    expect(fake.present().preferences.notifications.quiet).toEqual([
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'], from: '21:30', to: '07:00' },
    ])
    await wrapper.find('button[aria-label="Remove these quiet hours"]').trigger('click')
    await flushPromises()
    expect(fake.present().preferences.notifications.quiet).toEqual([])
  })

  it('take rules, in an order', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    const rules = () => fake.present().preferences.notifications.rules
    const add = async () => {
      byRole(document.body, 'button', 'Add a rule').click()
      await flushPromises()
    }
    await add()
    await add()
    const [first] = wrapper.findAll('.rule')
    if (first === undefined) throw new Error('no rule')
    const [source, kind, priority, notify] = first.findAll('select')
    expect(first.text()).toContain('It does nothing yet')
    await source?.setValue('ops')
    await kind?.setValue('system')
    await priority?.setValue('4')
    await notify?.setValue('badge')
    await flushPromises()
    expect(wrapper.find('.rule').text()).not.toContain('It does nothing yet')
    const expected = { text: '', sticky: false, bypass: false }
    expect(rules()[0]).toEqual({ ...expected, source: 'ops', kind: 'system', priority: 4, notify: 'badge' })
    byRole(document.body, 'button', 'Move rule 1 down').click()
    await flushPromises()
    expect(rules().map(({ notify }) => notify)).toEqual(['silent', 'badge'])
    byRole(document.body, 'button', 'Remove rule 1').click()
    await flushPromises()
    expect(rules().map(({ notify }) => notify)).toEqual(['badge'])
  })

  it('offer a rule that puts messages straight into the archive, without what a popup has', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    byRole(document.body, 'button', 'Add a rule').click()
    await flushPromises()
    expect(wrapper.find('.rule').text()).toContain('Stays until dismissed')
    await wrapper.findAll('.rule select')[3]?.setValue('never')
    await flushPromises()
    expect(fake.present().preferences.notifications.rules[0]?.notify).toBe('never')
    expect(wrapper.find('.rule').text()).not.toContain('Stays until dismissed')
    expect(wrapper.find('.rule').text()).toContain('It is not counted')
  })

  it('lose nothing of what is changed before the view of an earlier change has come', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    byRole(document.body, 'button', 'Add a rule').click()
    byRole(document.body, 'button', 'Add quiet hours').click()
    await flushPromises()
    fake.actsTake = 20
    const text = wrapper.find<HTMLInputElement>('.rule input[maxlength]')
    await text.setValue(' nginx ')
    await wrapper.find('.rule .checks input').setValue(true)
    await wrapper.findAll('.rule select')[3]?.setValue('badge')
    byRole(document.body, 'button', 'Sunday').click()
    await wrapper.find('input[aria-label="Notify of: System"]').trigger('change')
    const kept = () => fake.present().preferences.notifications
    await until(() => kept().kinds['system']?.show === false, 'all is saved')
    expect(kept().rules).toEqual([{ text: 'nginx', notify: 'badge', sticky: true, bypass: false }])
    expect(kept().quiet[0]?.days).not.toContain('sun')
    expect(text.element.value).toBe('nginx')
  })

  it('remove one rule at a time, however fast one clicks', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    for (let n = 0; n < 3; n += 1) byRole(document.body, 'button', 'Add a rule').click()
    await until(() => wrapper.findAll('.rule').length === 3, 'three rules')
    fake.actsTake = 20
    byRole(document.body, 'button', 'Remove rule 1').click()
    byRole(document.body, 'button', 'Remove rule 1').click()
    await until(() => wrapper.findAll('.rule').length < 3, 'a rule is gone')
    await flushPromises()
    expect(fake.present().preferences.notifications.rules).toHaveLength(2)
  })

  it('show what is kept after something was refused', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    byRole(document.body, 'button', 'Add a rule').click()
    byRole(document.body, 'button', 'Add quiet hours').click()
    await flushPromises()
    const value = (css: string) => wrapper.find<HTMLInputElement | HTMLSelectElement>(css).element.value
    const refused = async (css: string, to: string, before: string) => {
      fake.failNext = 'storage'
      await wrapper.find(css).setValue(to)
      await flushPromises()
      expect(value(css), css).toBe(before)
    }
    await refused('.rule label:nth-child(5) select', 'never', 'silent')
    await refused('.rule input[maxlength]', 'nginx', '')
    await refused('input[aria-label="From"]', '21:30', '22:00')
    await refused('select[aria-label="Sound for: Replies"]', 'off', 'default')
  })

  it('keep a sound file once it could be heard', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    const saved = () => fake.present().preferences.notifications.kinds['reply']?.sound
    await wrapper.find('select[aria-label="Sound for: Replies"]').setValue('file')
    const path = wrapper.find('input[aria-label="Whole path of a sound file"]')
    await path.setValue('ding.oga')
    await path.trigger('change')
    await flushPromises()
    expect(wrapper.find('.sound [role=alert]').text()).toContain('no such sound file')
    expect(saved()).toBe('default')
    await path.setValue(' /sounds/ding.oga ')
    await path.trigger('change')
    await flushPromises()
    expect(saved()).toEqual({ file: '/sounds/ding.oga' })
    byRole(document.body, 'button', 'Try: Sound for: Replies').click()
    await flushPromises()
    expect(fake.acts.at(-1)).toEqual({ type: 'test_popup', sound: { file: '/sounds/ding.oga' } })
    await wrapper.find('select[aria-label="Sound for: Replies"]').setValue('off')
    await flushPromises()
    expect(saved()).toBe('off')
  })

  it('paint quiet hours by keyboard and pointer, and tell nothing afterwards where that is wanted', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    const quiet = () => fake.present().preferences.notifications.quiet
    const cell = (name: string) => wrapper.find(`[role=gridcell][aria-label="${name}"]`)
    await cell('Monday, 22–23').trigger('focus')
    await cell('Monday, 22–23').trigger('keydown', { key: ' ' })
    await flushPromises()
    expect(quiet()).toEqual([{ days: ['mon'], from: '22:00', to: '23:00' }])
    await cell('Monday, 22–23').trigger('keydown', { key: 'ArrowDown' })
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Tuesday, 22–23')
    const { element } = cell('Tuesday, 22–23')
    element.releasePointerCapture = () => undefined
    await cell('Tuesday, 22–23').trigger('pointerdown', { button: 0 })
    await cell('Tuesday, 23–24').trigger('pointerenter')
    expect(quiet(), 'nothing is saved while one paints').toHaveLength(1)
    window.dispatchEvent(new Event('pointerup'))
    await flushPromises()
    expect(quiet()[1]).toEqual({ days: ['tue'], from: '22:00', to: '00:00' })
    await wrapper.findAll('.digest input')[0]?.setValue(false)
    await flushPromises()
    expect(fake.present().preferences.notifications.digest).toEqual({ pause: false, quiet_hours: true })
  })

  it('say of the newest messages what became of them, and why', async () => {
    const { wrapper } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    const first = wrapper.find('[aria-label="Why was I notified, or not?"] li')
    expect(first.text()).toContain('rustacean42 回复了《Rust 异步入门》')
    expect(first.text()).toMatch(/it arrived: no notification\. +Rule 1 decided\./)
  })

  it('pause notifications and resume them', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    byRole(document.body, 'button', 'Until I resume them').click()
    await flushPromises()
    expect(wrapper.text()).toContain('Notifications are paused until you resume them.')
    expect(wrapper.text()).not.toContain('For an hour')
    byRole(document.body, 'button', 'Resume notifications').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'pause', span: 'endless' }, { type: 'resume' }])
    expect(wrapper.text()).toContain('For an hour')
  })
})
