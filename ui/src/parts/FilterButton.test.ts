import { describe, expect, it } from 'vitest'

import { Fake } from '../bridge/fake'
import { NO_FILTER, type Listed } from '../state/route'
import { stage } from '../test/mount'
import FilterButton from './FilterButton.vue'
import FilterChips from './FilterChips.vue'

const ALL: Listed = { tab: { type: 'all' }, source: null, text: '', filter: NO_FILTER }

describe('narrowing the list', () => {
  it('takes effect with every choice, and can be left', async () => {
    const { wrapper } = await stage(FilterButton, { view: new Fake().present(), listed: ALL })
    await wrapper.get('button').trigger('click')
    const [kind, source, priority, days] = wrapper.findAll('select')
    await kind?.setValue('reply')
    await source?.setValue('community')
    await priority?.setValue('5')
    await days?.setValue('7')
    for (const box of wrapper.findAll('input')) await box.trigger('change')
    const emitted = wrapper.emitted<[Listed]>('list')?.map(([listed]) => listed) ?? []
    expect(emitted.map(({ filter }) => filter)).toEqual([
      { ...NO_FILTER, kind: 'reply' },
      NO_FILTER,
      { ...NO_FILTER, priority: 5 },
      { ...NO_FILTER, days: 7, since: null, until: null },
      { ...NO_FILTER, unread: true },
      { ...NO_FILTER, link: true },
      { ...NO_FILTER, pinned: true },
    ])
    expect(emitted[1]?.source).toBe('community')
    await wrapper.get('.panel').trigger('keydown', { key: 'Escape' })
    expect(wrapper.find('.panel').exists()).toBe(false)
    expect(document.activeElement).toBe(wrapper.get('button').element)
  })

  it('takes a span of days, both of them meant', async () => {
    const { wrapper } = await stage(FilterButton, { view: new Fake().present(), listed: ALL })
    await wrapper.get('button').trigger('click')
    await wrapper.findAll('select')[3]?.setValue('span')
    const narrowed = () => wrapper.emitted<[Listed]>('list')?.at(-1)?.[0] ?? ALL
    expect(narrowed().filter).toEqual({ ...NO_FILTER, days: null, since: null, until: null })
    const [from, to] = wrapper.findAll('input[type=date]')
    await from?.setValue('2026-11-02')
    await from?.trigger('change')
    await wrapper.setProps({ listed: narrowed() })
    await to?.setValue('2026-11-03')
    await to?.trigger('change')
    const [since, until] = [new Date(2026, 10, 2), new Date(2026, 10, 4)].map((day) => day.toISOString())
    expect(narrowed().filter).toMatchObject({ since, until })
    await wrapper.setProps({ listed: narrowed() })
    expect((to?.element as HTMLInputElement).value).toBe('2026-11-03')
    const chips = await stage(FilterChips, { view: new Fake().present(), listed: narrowed(), always: false })
    const texts = chips.wrapper.findAll('.chip').map((chip) => chip.text())
    expect(texts).toEqual(['From Nov 2, 2026', 'To Nov 3, 2026'])
  })

  it('shows each condition with the way to take it off', async () => {
    const filter = { ...NO_FILTER, kind: 'reply', priority: 4, days: 7, link: true, unread: true }
    const listed = { ...ALL, source: 'community', filter }
    const props = { view: new Fake().present(), listed, always: false }
    const { wrapper } = await stage(FilterChips, props)
    const chips = wrapper.findAll('.chip')
    expect(chips.map((chip) => chip.text())).toEqual([
      'Replies',
      'Important',
      'Last 7 days',
      'Unread',
      'With a link',
      '开发者社区',
    ])
    await chips[1]?.trigger('click')
    expect(wrapper.emitted<[Listed]>('list')?.[0]?.[0].filter).toEqual({ ...filter, priority: null })
    await wrapper.setProps({ listed: { ...ALL, source: 'community', text: 'nginx' } })
    expect(wrapper.findAll('.chip').map((chip) => chip.text())).toEqual(['开发者社区'])
    await wrapper.setProps({ listed: ALL })
    expect(wrapper.find('.chips').exists()).toBe(false)
  })
})
