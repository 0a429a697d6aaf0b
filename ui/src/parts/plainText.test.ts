import { describe, expect, it } from 'vitest'

import { beginning, stretches } from './plainText'

const LONG = 40_000

describe('a long text', () => {
  it.each([
    ['without an end of line', 'x'.repeat(LONG)],
    ['of lines', 'a line of text\n'.repeat(LONG / 15)],
    ['of words', 'word '.repeat(LONG / 5)],
    ['of characters beyond the basic plane', '𠀀'.repeat(LONG / 2)],
    ['that is empty', ''],
  ])('%s is cut into whole stretches', (_, text) => {
    const parts = stretches(text)
    expect(parts.join('')).toBe(text)
    expect(parts.every((part) => part.length > 0 && part.length <= 8_192 && !/\p{Cs}/u.test(part))).toBe(true)
  })

  it('is cut at line ends where there are some', () => {
    expect(stretches('a line of text\n'.repeat(LONG / 15)).every((part) => part.endsWith('\n'))).toBe(true)
  })

  it('begins with whole characters', () => {
    expect(beginning('a𠀀𠀀', 2)).toBe('a')
    expect(beginning('short', 100)).toBe('short')
  })
})
