import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import App from '../App.vue'
import { byRole, fakeIn, stage } from '../test/mount'

describe('a notice', () => {
  it('is told in one sentence until it is put away', async () => {
    const fake = fakeIn('quiet')
    fake.notices = [{ code: 'settings_damaged', file: '/p/settings.toml.broken-1' }]
    const { wrapper } = await stage(App, {}, { fake })
    expect(wrapper.find('[role=status].notices').text()).toBe(
      'The settings were damaged. The defaults are in force; the old file is kept as /p/settings.toml.broken-1.',
    )
    byRole(wrapper.find('.notices').element, 'button', 'Dismiss').click()
    await flushPromises()
    expect(fake.acts).toContainEqual({ type: 'dismiss_notices' })
    expect(wrapper.find('.notices').exists()).toBe(false)
  })
})
