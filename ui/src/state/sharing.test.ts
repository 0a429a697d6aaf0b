import { describe, expect, it } from 'vitest'

import { sharing } from './sharing'

describe('what says the same as before', () => {
  it('is the same object, whole or in parts', () => {
    const before = { rev: 1, sources: [{ id: 'a', unread: 2 }], hold: null, tab: { type: 'all' } }
    expect(sharing(before, structuredClone(before))).toBe(before)
    const after = sharing(before, { ...structuredClone(before), rev: 2, hold: { why: 'paused' } })
    expect(after).toEqual({ ...before, rev: 2, hold: { why: 'paused' } })
    expect(after.sources).toBe(before.sources)
    expect(after.tab).toBe(before.tab)
  })

  it('is known by its id where a list has moved on', () => {
    const before = [{ id: '2', hits: [[0, 1]] }, { id: '1' }]
    const after = sharing(before, [{ id: '3' }, { id: '2', hits: [[0, 1]] }, { id: '1', unread: true }])
    expect(after).toEqual([{ id: '3' }, { id: '2', hits: [[0, 1]] }, { id: '1', unread: true }])
    expect(after[1]).toBe(before[0])
    expect(after[2]).not.toBe(before[1])
  })

  it('is another where a field came, went or changed its kind', () => {
    const differ = (before: unknown, after: unknown) => {
      expect(sharing(before, after)).toEqual(after)
      expect(sharing(before, after)).not.toBe(before)
    }
    differ({ a: 1 }, { a: 1, b: undefined })
    differ({ a: 1, b: 2 }, { a: 1 })
    differ({ a: [] }, { a: {} })
    differ([1, 2], [1])
    differ(null, {})
  })
})
