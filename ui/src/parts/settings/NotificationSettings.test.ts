import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

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

  it('say where a click on a reply leads', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/notifications' })
    await wrapper.find('input[type=radio][value=both]').setValue(true)
    await flushPromises()
    expect(fake.acts).toMatchObject([{ preferences: { notifications: { reply_click: 'both' } } }])
  })
})
