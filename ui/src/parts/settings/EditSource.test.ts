import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import SettingsPage from '../../pages/SettingsPage.vue'
import { byRole, fakeIn, stage, until, type Stage } from '../../test/mount'

describe('a source that is edited', () => {
  let on: Stage

  beforeEach(async () => {
    on = await stage(SettingsPage, {}, { address: '/settings/sources/community', fake: fakeIn('default') })
  })

  const field = (name: string) => byRole(on.wrapper.element, 'textbox', name) as HTMLInputElement
  async function fill(name: string, value: string): Promise<void> {
    field(name).value = value
    field(name).dispatchEvent(new Event('input', { bubbles: true }))
    await flushPromises()
  }
  async function save(): Promise<void> {
    await on.wrapper.find('form').trigger('submit')
    await flushPromises()
  }

  it('is saved whole, and only when something is different', async () => {
    const button = byRole(on.wrapper.element, 'button', 'Save')
    expect(button.hasAttribute('disabled')).toBe(true)
    await fill('Name', ' Forum ')
    await fill('System', '/news/{id}')
    expect(button.hasAttribute('disabled')).toBe(false)
    await save()
    expect(on.fake.acts).toEqual([
      {
        type: 'edit_source',
        source: 'community',
        change: {
          name: 'Forum',
          site: '',
          link_schemes: [],
          templates: { reply: '/community/post/{relatedId}', system: '/news/{id}' },
          mark: { colour: null, icon: null },
        },
      },
    ])
    expect(on.wrapper.text()).toContain('Saved')
    expect(field('Name').value).toBe('Forum')
  })

  it('keeps what was saved until the view says it, and what is typed after that', async () => {
    on.fake.publishing = 'withheld'
    await fill('Site', 'https://www.Example.org')
    await save()
    expect(field('Site').value).toBe('https://www.Example.org')
    const view = on.fake.present()
    on.fake.send({
      ...view,
      sources: view.sources.map((each) => ({ ...each, site: 'https://www.example.org' })),
    })
    await flushPromises()
    expect(field('Site').value).toBe('https://www.example.org')
    expect(on.wrapper.text()).toContain('Saved')

    await fill('Name', 'Forum')
    await save()
    await fill('Name', 'Forum 2')
    on.fake.send(on.fake.present())
    await flushPromises()
    expect(field('Name').value).toBe('Forum 2')
  })

  it('shows where a click leads while it is typed', async () => {
    await fill('System', '/news/{id}')
    const shown = (text: string) => until(() => on.wrapper.text().includes(text), `${text} is shown`)
    await shown('https://community.example.org/news/42')
    await shown('今晚 22:00 起停机维护')
    await fill('Site', 'www.example.org')
    await shown('Enter an address that begins with http:// or https://, or leave it empty.')
    await fill('Site', 'https://www.example.org')
    // What is typed counts, before it is saved.
    await shown('https://www.example.org/community/post/1001')
    await fill('Reply', '')
    await save()
    expect(on.fake.acts[0]).toMatchObject({ change: { templates: { reply: '' } } })
  })

  it('has a sign and a colour of its own', async () => {
    byRole(on.wrapper.element, 'button', 'Star').click()
    await flushPromises()
    byRole(on.wrapper.element, 'button', 'Blue').click()
    await flushPromises()
    await save()
    expect(on.fake.acts).toMatchObject([{ change: { mark: { colour: 'blue', icon: 'star' } } }])
    expect(byRole(on.wrapper.element, 'button', 'Star').getAttribute('aria-pressed')).toBe('true')
  })

  it('has numbers of its connection in seconds, and says where one makes no sense', async () => {
    const form = on.wrapper.find('.advanced form')
    const attempts = field('Attempts in a row')
    await until(() => attempts.value !== '', 'the numbers are there')
    await fill('Longest wait', '90')
    await fill('Until an answer begins', '30')
    await fill('Attempts in a row', '0')
    on.fake.failNext = null
    await form.trigger('submit')
    await flushPromises()
    expect(on.fake.acts).toMatchObject([
      {
        change: {
          limits: { retry_max_ms: 90_000, answer_within_ms: 30_000, attempts: 0 },
          stream_path: '/sse/connect',
        },
      },
    ])
    expect(on.wrapper.find('.advanced [role=alert]').text()).toContain('attempts between 1 and 1,000')
  })

  it('has a zone for its times, learned where none is set', async () => {
    const zone = field('Time zone')
    await until(() => zone.placeholder === '+08:00, learned', 'the learned one is there')
    await fill('Time zone', '+05:30')
    await on.wrapper.find('.advanced form').trigger('submit')
    await flushPromises()
    expect(on.fake.acts).toMatchObject([{ change: { zone: '+05:30' } }])
    vi.spyOn(on.fake, 'act').mockRejectedValue({ code: 'invalid', field: 'zone', message: 'an offset' })
    await fill('Time zone', 'CST')
    await on.wrapper.find('.advanced form').trigger('submit')
    await flushPromises()
    expect(on.wrapper.find('.advanced').text()).toContain('a difference from UTC, such as +08:00')
  })

  it('lets links of further schemes be opened, but not those that run something', async () => {
    await fill('Other links that may be opened', 'zotero，obsidian')
    await save()
    expect(on.fake.acts).toMatchObject([{ change: { link_schemes: ['zotero', 'obsidian'] } }])
    await fill('Other links that may be opened', 'javascript')
    await save()
    expect(on.wrapper.text()).toContain('cannot be allowed')
  })

  it('says beside the field what is wrong, until one types', async () => {
    await fill('Name', '运维告警 ntfy')
    await save()
    expect(on.wrapper.text()).toContain('Another source has this name already.')
    await fill('Name', 'another')
    expect(on.wrapper.text()).not.toContain('Another source has this name already.')
    await fill('Site', 'ftp://example.org')
    await save()
    expect(field('Site').getAttribute('aria-invalid')).toBe('true')
  })

  it('is removed only after a second word that says what is lost', async () => {
    byRole(on.wrapper.element, 'button', 'Remove source').click()
    await flushPromises()
    expect(on.fake.acts).toEqual([])
    expect(on.wrapper.text()).toContain('Remove 开发者社区?')
    expect(on.wrapper.text()).toContain('7 messages, the token')
    byRole(on.wrapper.element, 'button', 'Cancel').click()
    await flushPromises()
    byRole(on.wrapper.element, 'button', 'Remove source').click()
    await flushPromises()
    byRole(on.wrapper.element, 'button', 'Remove now').click()
    await flushPromises()
    expect(on.fake.acts).toEqual([{ type: 'remove_source', source: 'community' }])
    expect(on.router.currentRoute.value.fullPath).toBe('/settings/sources')
  })
})

describe('the order of the sources', () => {
  it('is changed by buttons that keep the keyboard', async () => {
    const on = await stage(SettingsPage, {}, { address: '/settings/sources', fake: fakeIn('default') })
    const down = byRole(on.wrapper.element, 'button', 'Move 开发者社区 down')
    down.focus()
    down.click()
    await flushPromises()
    expect(on.fake.acts).toEqual([{ type: 'move_source', source: 'community', to: 1 }])
    expect(on.wrapper.findAll('.name').map((name) => name.text())).toEqual([
      '运维告警 ntfy',
      '开发者社区',
      '办公系统',
    ])
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Move 开发者社区 down')
    await on.wrapper.findAll('li[draggable=true]')[2]?.trigger('keydown', { key: 'ArrowUp', altKey: true })
    await flushPromises()
    expect(on.fake.acts.at(-1)).toEqual({ type: 'move_source', source: 'office', to: 1 })
  })

  it('is changed by dragging one to the place of another', async () => {
    const on = await stage(SettingsPage, {}, { address: '/settings/sources', fake: fakeIn('default') })
    const rows = on.wrapper.findAll('li[draggable=true]')
    await rows[2]?.trigger('dragstart')
    await rows[0]?.trigger('dragover')
    await rows[0]?.trigger('drop')
    await flushPromises()
    expect(on.fake.acts).toEqual([{ type: 'move_source', source: 'office', to: 0 }])
  })
})
