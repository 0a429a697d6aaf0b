import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import App from '../App.vue'
import { byRole, fakeIn, stage } from '../test/mount'

describe('a notice', () => {
  it('is told in one sentence until it is put away', async () => {
    const fake = fakeIn('quiet')
    fake.notices = [{ code: 'settings_damaged', file: '/p/settings.toml.broken-1', parts: '' }]
    const { wrapper } = await stage(App, {}, { fake })
    expect(wrapper.find('[role=status].notices').text()).toBe(
      'The settings were damaged. The defaults are in force; the old file is kept as /p/settings.toml.broken-1.',
    )
    byRole(wrapper.find('.notices').element, 'button', 'Dismiss').click()
    await flushPromises()
    expect(fake.acts).toContainEqual({ type: 'dismiss_notices' })
    expect(wrapper.find('.notices').exists()).toBe(false)
  })

  it('names what of the settings was left out', async () => {
    const fake = fakeIn('quiet')
    fake.notices = [
      { code: 'settings_mended', file: '/p/x.broken-1', parts: 'sources.Work, preferences.theme' },
    ]
    const { wrapper } = await stage(App, {}, { fake })
    expect(wrapper.find('[role=status].notices').text()).toBe(
      'Parts of the settings file could not be read and are left out: sources.Work, preferences.theme. The old file is kept as /p/x.broken-1.',
    )
  })
})
