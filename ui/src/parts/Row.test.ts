import { describe, expect, it } from 'vitest'

import type { MessageRow } from '../bridge/generated/MessageRow'
import type { SourceMark } from '../bridge/generated/SourceMark'
import { stage } from '../test/mount'
import Row from './Row.vue'

const NOW = new Date(2026, 10, 22, 10).getTime()
const ROW: MessageRow = {
  id: '1',
  source: 's',
  kind: 'reply',
  title: '<b>hi</b>',
  preview: 'there',
  sender: null,
  priority: 3,
  at: new Date(NOW - 120_000).toISOString(),
  unread: true,
  archived: false,
  pinned: false,
  snoozed_until: null,
  returned_at: null,
}

async function text(row: Partial<MessageRow>, extra = {}): Promise<string> {
  const { wrapper } = await stage(Row, {
    row: { ...ROW, ...row },
    now: NOW,
    open: false,
    active: false,
    ...extra,
  })
  return wrapper.text()
}

const PROPS = { now: NOW, open: false, active: false }

/** The name that the row has for a screen reader. */
async function heard(row: Partial<MessageRow>): Promise<string> {
  const { wrapper } = await stage(Row, { row: { ...ROW, ...row }, ...PROPS })
  for (const hidden of wrapper.element.querySelectorAll('[aria-hidden]')) hidden.remove()
  return wrapper.text()
}

describe('a row', () => {
  it('says everything that it shows', async () => {
    expect(await heard({})).toBe('UnreadReply<b>hi</b>2 min agothere')
  })

  it('says on which day it came, where that is more than an hour ago', async () => {
    const at = new Date(2026, 10, 21, 14, 2).toISOString()
    expect(await heard({ at })).toBe('UnreadReply<b>hi</b>Nov 21, 2026, 14:02there')
    expect(
      (await stage(Row, { row: { ...ROW, at }, ...PROPS })).wrapper.find('.time [aria-hidden]').text(),
    ).toBe('14:02')
  })

  it('says neither unread nor urgent where it is not', async () => {
    expect(await text({ unread: false, priority: 4 })).not.toMatch(/Unread|Urgent/)
    expect(await text({ priority: 5 })).toContain('Urgent')
  })

  it('shows an unknown kind by its own name', async () => {
    expect(await text({ kind: '部署' })).toContain('部署')
  })

  it('names its source where that is not plain, with its sign and colour', async () => {
    const source = (mark: SourceMark) => ({ source: { name: 'Forum', mark } })
    expect(await text({}, source({}))).toContain('Forumthere')
    const props = { row: ROW, now: NOW, open: false, active: false }
    const marked = await stage(Row, { ...props, ...source({ colour: 'teal', icon: null }) })
    expect(marked.wrapper.find('.from .mark-teal').exists()).toBe(true)
    const plain = await stage(Row, { ...props, ...source({}) })
    expect(plain.wrapper.find('.from svg').exists()).toBe(false)
  })

  it('says in a search that it is archived, and nowhere else', async () => {
    const hits = { title: [], preview: [] }
    expect(await text({ archived: true })).not.toContain('Archived')
    const found = (archived: boolean) => text({}, { row: { ...ROW, archived, hits } })
    expect(await found(true)).toContain('Archived')
    expect(await found(false)).not.toContain('Archived')
  })

  it('is selected while its message is open', async () => {
    const { wrapper } = await stage(Row, { row: ROW, now: NOW, open: true, active: false })
    expect(wrapper.attributes()).toMatchObject({ role: 'option', 'aria-selected': 'true' })
  })
})
