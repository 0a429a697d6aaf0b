import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { MessageRow } from '../bridge/generated/MessageRow'
import type { Look } from '../state/listing'
import { stage, type Stage } from '../test/mount'
import MessageList from './MessageList.vue'

const NOW = new Date(2026, 10, 22, 10).getTime()

function rows(from: number, to: number): MessageRow[] {
  const list: MessageRow[] = []
  for (let n = to; n >= from; n -= 1) {
    const at = new Date(NOW - (1_000 - n) * 1_000).toISOString()
    list.push({
      id: String(n),
      source: 's',
      kind: 'reply',
      title: `title ${String(n)}`,
      preview: '',
      sender: null,
      priority: 3,
      at,
      unread: true,
      archived: false,
      pinned: false,
      snoozed_until: null,
      returned_at: null,
    })
  }
  return list
}

describe('the list', () => {
  let on: Stage
  let box: HTMLElement

  beforeEach(async () => {
    // The test's DOM lays nothing out: the list is told how high it is.
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(640)
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(640)
    on = await stage(MessageList, { rows: rows(1, 50), total: 120, openId: null, now: NOW })
    box = on.wrapper.get('[role=listbox]').element as HTMLElement
  })

  const press = async (key: string) => {
    box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    await flushPromises()
  }
  const active = () => {
    const id = box.getAttribute('aria-activedescendant')
    return id === null ? null : document.getElementById(id)?.querySelector('bdi')?.textContent
  }

  it('says where each row stands in the whole list', () => {
    const first = on.wrapper.get('[role=option]')
    expect(first.attributes()).toMatchObject({ 'aria-posinset': '1', 'aria-setsize': '120' })
  })

  it('moves by keys without opening, and opens on Enter', async () => {
    await press('ArrowDown')
    await press('ArrowDown')
    await press('ArrowDown')
    await press('ArrowUp')
    expect(active()).toBe('title 49')
    expect(on.wrapper.emitted('open')).toBeUndefined()
    await press('Enter')
    expect(on.wrapper.emitted('open')).toEqual([['49']])
  })

  it('chooses with Shift, Ctrl, x and the mark, and opens nothing by it', async () => {
    const keys = (key: string, also: KeyboardEventInit) =>
      box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...also }))
    await press('ArrowDown')
    await press('x')
    keys('ArrowDown', { shiftKey: true })
    keys('a', { ctrlKey: true })
    const [, second, third, fourth] = on.wrapper.findAll('[role=option]')
    await second?.trigger('click', { ctrlKey: true })
    await third?.trigger('click', { shiftKey: true })
    await fourth?.get('.mark').trigger('click')
    expect(on.wrapper.emitted('toggle')).toEqual([['50'], ['49'], ['47']])
    expect(on.wrapper.emitted('extend')).toEqual([
      ['49', '50'],
      ['48', '49'],
    ])
    expect(on.wrapper.emitted('chooseAll')).toHaveLength(1)
    expect(on.wrapper.emitted('open')).toBeUndefined()
    await on.wrapper.setProps({ chosen: new Set(['48']) })
    const selected = on.wrapper.findAll('[aria-selected=true]')
    expect(selected.map((row) => row.attributes('id'))).toEqual(['row-48'])
  })

  it('stops at both ends', async () => {
    await press('End')
    await press('ArrowDown')
    expect(active()).toBe('title 1')
    await press('ArrowUp')
    await press('PageDown')
    expect(active()).toBe('title 1')
    await press('Home')
    await press('ArrowUp')
    expect(active()).toBe('title 50')
  })

  it('keeps its place when messages come in above', async () => {
    await press('Home')
    await press('ArrowDown')
    await on.wrapper.setProps({ rows: rows(1, 53) })
    await flushPromises()
    expect(active()).toBe('title 49')
  })

  it('takes the next row when the one at its place is gone', async () => {
    await press('Home')
    await press('ArrowDown')
    await on.wrapper.setProps({ rows: rows(1, 50).filter(({ id }) => id !== '49') })
    await flushPromises()
    expect(active()).toBe('title 48')
  })

  it('draws a part of a long list only', async () => {
    await on.wrapper.setProps({ rows: rows(1, 5_000) })
    await flushPromises()
    expect(on.wrapper.findAll('[role=option]').length).toBeLessThan(60)
  })

  it('says whether one reads: with a row open, rows chosen, or away from the top', async () => {
    const uses = () => on.wrapper.emitted('look')?.map(([look]) => (look as Look).use) ?? []
    expect(uses().at(-1)).toBe('browsing')
    await on.wrapper.setProps({ openId: '50' })
    expect(uses().at(-1)).toBe('reading')
    await on.wrapper.setProps({ openId: null })
    expect(uses().at(-1)).toBe('browsing')
    await on.wrapper.setProps({ chosen: new Set(['48']) })
    expect(uses().at(-1)).toBe('reading')
    await on.wrapper.setProps({ chosen: new Set() })
    box.scrollTop = 400
    box.dispatchEvent(new Event('scroll'))
    expect(uses().at(-1)).toBe('reading')
  })

  it('says how many have come, and leads to them though one reads', async () => {
    await on.wrapper.setProps({ openId: '40', waiting: 100 })
    box.scrollTop = 400
    box.dispatchEvent(new Event('scroll'))
    const pill = on.wrapper.get('button.pill')
    expect(pill.text()).toBe('99+ new messages')
    await pill.trigger('click')
    expect(on.wrapper.emitted('newest')).toHaveLength(1)
    await on.wrapper.setProps({ rows: rows(1, 53), waiting: 0 })
    await flushPromises()
    expect(box.scrollTop).toBe(0)
    expect(document.activeElement).toBe(box)
    expect(on.wrapper.find('button.pill').exists()).toBe(false)
  })
})
