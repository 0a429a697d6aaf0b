import { describe, expect, it } from 'vitest'

import { matching, type Entry } from './palette'

function entry(id: string, words: string): Entry {
  return { id, words, title: id, group: 'actions', icon: 'inbox', run: () => undefined }
}

const ENTRIES = [
  entry('read', 'Mark as read or unread\n标为已读或未读'),
  entry('all', 'Mark all as read\n全部标为已读'),
  entry('unread', 'Unread\n未读'),
]
const found = (text: string) => matching(ENTRIES, text).map(({ id }) => id)

describe('the palette', () => {
  it('finds in every language, whatever the window speaks', () => {
    expect(found('all')).toEqual(['all'])
    expect(found('全部')).toEqual(['all'])
    expect(found('nothing like it')).toEqual([])
  })

  it('puts what begins so before what only has it inside', () => {
    expect(found('UNREAD')).toEqual(['unread', 'read'])
    expect(found('未读')).toEqual(['unread', 'read'])
  })

  it('needs every word', () => {
    expect(found('mark  unread')).toEqual(['read'])
    expect(found('')).toEqual(['read', 'all', 'unread'])
  })
})
