import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { Fake } from '../../bridge/fake'
import type { SourceView } from '../../bridge/generated/SourceView'
import SettingsPage from '../../pages/SettingsPage.vue'
import { stage } from '../../test/mount'

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
})
