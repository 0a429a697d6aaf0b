import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import type { Retention } from '../../bridge/generated/Retention'
import SettingsPage from '../../pages/SettingsPage.vue'
import { byRole, fakeIn, stage, type Stage } from '../../test/mount'

async function storage(retention: Retention, own: Record<string, Retention> = {}): Promise<Stage> {
  const fake = fakeIn('default')
  await fake.act({ type: 'save_preferences', preferences: { ...fake.present().preferences, retention } })
  fake.acts.length = 0
  const query = fake.query.bind(fake)
  vi.spyOn(fake, 'query').mockImplementation(async (asked) => {
    const answer = await query(asked)
    return asked.type === 'source' ? { ...answer, retention: own[asked.source] ?? null } : answer
  })
  return stage(SettingsPage, {}, { address: '/settings/storage', fake })
}

async function choose({ wrapper }: Stage, days: number): Promise<void> {
  await wrapper.find(`input[type=radio][value="${String(days)}"]`).setValue(true)
  await flushPromises()
}

function chosen({ wrapper }: Stage): string {
  return wrapper.find('label.is-active').text()
}

describe('how long messages are kept', () => {
  it('gets shorter only after a second word that says what is deleted', async () => {
    const on = await storage('all')
    await choose(on, 30)
    expect(on.wrapper.find('[role=alert]').text()).toContain('older than 30 days')
    expect(chosen(on)).toBe('30 days')
    byRole(on.wrapper.element, 'button', 'Cancel').click()
    await flushPromises()
    expect(chosen(on)).toBe('For ever')
    expect(on.fake.acts).toEqual([])

    await choose(on, 90)
    byRole(on.wrapper.element, 'button', 'Delete and keep 90 days').click()
    await flushPromises()
    expect(on.fake.acts).toMatchObject([{ preferences: { retention: { days: 90 } } }])
    expect(on.wrapper.find('[role=alert]').exists()).toBe(false)
  })

  it('gets longer at once, also while something shorter is asked about', async () => {
    const on = await storage({ days: 90 })
    await choose(on, 30)
    await choose(on, 365)
    expect(on.wrapper.find('[role=alert]').exists()).toBe(false)
    await choose(on, 0)
    expect(on.fake.acts).toMatchObject([
      { preferences: { retention: { days: 365 } } },
      { preferences: { retention: 'all' } },
    ])
  })

  it('may be a number of days that is not on offer', async () => {
    const on = await storage({ days: 45 })
    expect(on.wrapper.findAll('label:not(.own)').map((label) => label.text())).toEqual([
      'For ever',
      '1 year',
      '90 days',
      '45 days',
      '30 days',
    ])
    expect(chosen(on)).toBe('45 days')
  })

  it('names the sources that keep theirs for another time', async () => {
    const { wrapper, fake } = await storage({ days: 90 }, { community: { days: 7 }, ops: 'all' })
    const own = wrapper.findAll('.own select')
    const chosen = own.map(({ element }) => (element as HTMLSelectElement).selectedOptions[0]?.text)
    expect(chosen).toEqual(['7 days', 'For ever', 'As above'])
    await own[0]?.setValue('-1')
    await own[2]?.setValue('365')
    await flushPromises()
    expect(fake.acts).toEqual([
      { type: 'edit_source', source: 'community', change: { retention: null } },
      { type: 'edit_source', source: 'office', change: { retention: { days: 365 } } },
    ])
  })

  it('stays as it is for a source where a change was refused', async () => {
    const { wrapper, fake } = await storage({ days: 90 })
    fake.failNext = 'storage'
    const [first] = wrapper.findAll<HTMLSelectElement>('.own select')
    await first?.setValue('365')
    await flushPromises()
    expect(first?.element.selectedOptions[0]?.text).toBe('As above')
  })

  it('gets shorter for one source only after a second word too', async () => {
    const { wrapper, fake } = await storage({ days: 90 }, { community: { days: 365 }, ops: 'all' })
    const own = () => wrapper.findAll('.own select')
    const chosen = () => own().map(({ element }) => (element as HTMLSelectElement).selectedOptions[0]?.text)
    const question = () => wrapper.find('.question[role=alert]')
    await own()[2]?.setValue('30')
    await flushPromises()
    expect(question().text()).toContain('办公系统: Messages older than 30 days')
    expect(chosen()[2]).toBe('30 days')
    byRole(wrapper.element, 'button', 'Cancel').click()
    await flushPromises()
    expect(chosen()[2]).toBe('As above')
    // "As above" is shorter than what it has.
    await own()[0]?.setValue('-1')
    await flushPromises()
    expect(question().text()).toContain('Messages older than 90 days')
    expect(fake.acts).toEqual([])
    byRole(wrapper.element, 'button', 'Delete and keep 90 days').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'edit_source', source: 'community', change: { retention: null } }])
    expect(question().exists()).toBe(false)
  })
})

describe('all messages', () => {
  it('are deleted only after a second word that says how many', async () => {
    const { wrapper, fake } = await storage('all')
    byRole(wrapper.element, 'button', 'Delete all…').click()
    await flushPromises()
    expect(wrapper.find('.question').text()).toContain(
      '14 messages are deleted from this computer. This can be undone',
    )
    expect(fake.acts).toEqual([])
    byRole(wrapper.element, 'button', 'Delete all now').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'delete_all' }])
    expect(wrapper.find('.figures').text()).toContain('0 messages')
  })

  it('are indexed anew', async () => {
    const { wrapper, fake } = await storage('all')
    byRole(wrapper.element, 'button', 'Rebuild').click()
    await flushPromises()
    expect(fake.acts).toEqual([{ type: 'rebuild_index' }])
    expect(wrapper.text()).toContain('The index is being made anew')
  })
})
