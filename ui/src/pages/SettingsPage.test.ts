import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { byRole, fakeIn, stage, until } from '../test/mount'
import SettingsPage from './SettingsPage.vue'

describe('the settings', () => {
  it('save a choice at once and change nothing else', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings' })
    const dark = wrapper.findAll('input[type=radio]').find((each) => each.attributes('value') === 'dark')
    await dark?.setValue(true)
    await flushPromises()
    expect(fake.acts).toEqual([
      { type: 'save_preferences', preferences: { ...fake.present().preferences, theme: 'dark' } },
    ])
  })

  it('show the part that the address names', async () => {
    const { wrapper, router } = await stage(SettingsPage, {}, { address: '/settings/sources' })
    expect(byRole(wrapper.element, 'heading', 'Sources')).toBeTruthy()
    expect(wrapper.text()).toContain('https://ops.example.org')
    byRole(wrapper.element, 'link', 'About').click()
    await until(() => wrapper.text().includes('open-source packages'), 'the licences are there')
    expect(router.currentRoute.value.fullPath).toBe('/settings/about')
  })

  it('say how much is stored, and where a copy of it went', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/storage' })
    expect(wrapper.text()).toMatch(/\d+ messages · \d/)
    expect(wrapper.text()).toContain('messages.db')
    byRole(wrapper.element, 'button', 'Export all messages').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'export' }])
    expect(wrapper.find('[role=status]').text()).toMatch(/^\d+ messages exported: .*jsonl$/)
  })

  it('say why there is no copy', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/storage' })
    fake.failNext = 'export'
    byRole(wrapper.element, 'button', 'Export all messages').click()
    await flushPromises()
    expect(wrapper.find('[role=status]').text()).toContain('could not be exported')
  })

  it('say so where there is no source', async () => {
    const { wrapper } = await stage(SettingsPage, {}, { address: '/settings/sources', fake: fakeIn('empty') })
    expect(wrapper.text()).toContain('No source yet')
    expect(byRole(wrapper.element, 'link', 'Add source').getAttribute('href')).toBe('/sources/new')
  })

  it('name each package with its licence, found by its name', async () => {
    const { wrapper } = await stage(SettingsPage, {}, { address: '/settings/about' })
    await until(() => wrapper.text().includes('zbus'), 'the licences are there')
    expect(wrapper.text()).toContain('MIT OR Apache-2.0')
    await wrapper.find('input[type=search]').setValue('tok')
    expect(wrapper.text()).toContain('tokio')
    expect(wrapper.text()).not.toContain('zbus')
    await wrapper.find('input[type=search]').setValue('nothing like it')
    expect(wrapper.text()).toContain('No package of that name')
  })

  it('lead back to the inbox', async () => {
    const { router, commands } = await stage(SettingsPage, {}, { address: '/settings' })
    commands.find('back')?.()
    await flushPromises()
    expect(router.currentRoute.value.name).toBe('inbox')
  })

  it('show a report before it is saved, as whoever reads it leaves it', async () => {
    const { wrapper, fake } = await stage(SettingsPage, {}, { address: '/settings/about' })
    byRole(wrapper.element, 'button', 'Show the report').click()
    await flushPromises()
    const text = wrapper.find('textarea')
    expect(text.element.value).toContain('Belfry 0.1.0 on linux')
    expect(fake.acts).toEqual([])
    await text.setValue('less')
    byRole(wrapper.element, 'button', 'Save as shown').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'save_report', text: 'less' }])
    expect(wrapper.text()).toContain('belfry-report-2026-11-22.txt')
  })
})
