import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { Fake } from '../../bridge/fake'
import type { SourceView } from '../../bridge/generated/SourceView'
import SettingsPage from '../../pages/SettingsPage.vue'
import { byRole, stage } from '../../test/mount'

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
    expect(wrapper.find('input[aria-label="Sound for: System"]').attributes('disabled')).toBeDefined()
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
    await source?.setValue('ops')
    await kind?.setValue('system')
    await priority?.setValue('4')
    await notify?.setValue('badge')
    await flushPromises()
    const expected = { text: '', sticky: false, bypass: false }
    expect(rules()[0]).toEqual({ ...expected, source: 'ops', kind: 'system', priority: 4, notify: 'badge' })
    byRole(document.body, 'button', 'Move rule 1 down').click()
    await flushPromises()
    expect(rules().map(({ notify }) => notify)).toEqual(['silent', 'badge'])
    byRole(document.body, 'button', 'Remove rule 1').click()
    await flushPromises()
    expect(rules().map(({ notify }) => notify)).toEqual(['badge'])
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
