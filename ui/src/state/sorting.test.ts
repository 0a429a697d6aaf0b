import { describe, expect, it } from 'vitest'

import { NO_FILTER, type Listed } from './route'
import { readAll, snoozing, sorting } from './sorting'

const INBOX: Listed = { tab: { type: 'all' }, source: null, text: '', filter: NO_FILTER }
const NARROWED: Listed = { ...INBOX, source: 'ops', filter: { ...NO_FILTER, pinned: true } }

describe('an act on messages', () => {
  it('names them, or says what they match', () => {
    expect(sorting('read', ['3', '1'], NARROWED)).toEqual({
      action: { type: 'mark_read', ids: ['3', '1'] },
      leaves: false,
    })
    expect(sorting('delete', 'everything', NARROWED)).toEqual({
      action: {
        type: 'all_of',
        of: { tab: { type: 'all' }, source: 'ops', filter: NARROWED.filter, text: '' },
        deed: { type: 'delete' },
      },
      leaves: true,
    })
    const found = { tab: null, source: 'ops', filter: NARROWED.filter, text: '报表' }
    expect(snoozing('hour', 'everything', { ...NARROWED, text: '报表' }).action).toEqual({
      type: 'all_of',
      of: found,
      deed: { type: 'snooze', span: 'hour' },
    })
    const archived: Listed = { ...INBOX, tab: { type: 'archived' }, text: '报表' }
    expect(sorting('delete', 'everything', archived).action).toMatchObject({
      of: { tab: { type: 'archived' }, text: '报表' },
    })
  })

  it('marks all of the inbox read at once, and all of another list by what it has unread', () => {
    expect(readAll(INBOX).action).toEqual({ type: 'mark_all_read' })
    expect(readAll({ tab: { type: 'unread' }, source: null }).action).toEqual({ type: 'mark_all_read' })
    // The command is there in the archive, too.
    expect(readAll({ ...NARROWED, tab: { type: 'archived' } }).action).toEqual({ type: 'mark_all_read' })
    const kind: Listed = { ...INBOX, tab: { type: 'kind', kind: 'deploy' } }
    for (const listed of [NARROWED, kind, { ...INBOX, text: 'nginx' }, { ...INBOX, source: 'ops' }]) {
      expect(readAll(listed).action).toMatchObject({
        type: 'all_of',
        of: { filter: { unread: true } },
        deed: { type: 'mark_read' },
      })
    }
  })
})
