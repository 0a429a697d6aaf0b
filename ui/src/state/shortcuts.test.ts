import { describe, expect, it } from 'vitest'

import { chordOf, commandOf, COMMANDS, isPrefix, keycaps, SHORTCUTS, withKeys } from './shortcuts'

function chord(key: string, also: KeyboardEventInit = {}): string | null {
  return chordOf(new KeyboardEvent('keydown', { key, ...also }))
}

describe('the table of keys', () => {
  it('gives no keys to two commands, and none that hide a sequence', () => {
    const all = COMMANDS.flatMap((id) => SHORTCUTS[id].keys as readonly string[])
    expect(new Set(all).size).toBe(all.length)
    expect(all.filter(isPrefix)).toEqual([])
  })

  it.each([
    ['e', {}, 'archive'],
    ['E', {}, 'archive'],
    ['U', { shiftKey: true }, 'read_all'],
    ['#', { shiftKey: true }, 'delete'],
    ['?', { shiftKey: true }, 'shortcuts'],
    ['k', { ctrlKey: true }, 'palette'],
    ['ArrowDown', { shiftKey: true }, 'choose_next'],
    [' ', {}, 'open'],
    ['у', { code: 'KeyE' }, 'archive'],
    ['E', { shiftKey: true }, null],
    ['Delete', { shiftKey: true }, null],
    ['e', { ctrlKey: true }, null],
  ])('reads %s with %j as %s', (key, also, command) => {
    expect(commandOf(chord(key, also) ?? '')).toBe(command)
  })

  it('leaves input methods and the system their keys', () => {
    expect(chord('e', { isComposing: true })).toBeNull()
    expect(chord('e', { altKey: true })).toBeNull()
    expect(chord('k', { metaKey: true })).toBeNull()
  })

  it('knows a sequence by both its keys', () => {
    expect(commandOf('i', 'g')).toBe('inbox')
    expect(commandOf('i')).toBeNull()
    expect(commandOf('u', 'g')).toBe('unread')
  })

  it('writes keys as a keyboard does', () => {
    expect(keycaps('Mod+k')).toEqual(['Ctrl', 'K'])
    expect(keycaps('g i')).toEqual(['G', 'I'])
    expect(withKeys('Archive', 'archive')).toBe('Archive (E)')
  })
})
