import { expect, it } from 'vitest'

import { pieces, type Stretch } from './marks'

const shown = (text: string, hits: Stretch[]) =>
  pieces(text, hits)
    .map((piece) => (piece.isHit ? `[${piece.text}]` : piece.text))
    .join('')

it.each<[string, Stretch[], string]>([
  ['系统通知', [[2, 4]], '系统[通知]'],
  [
    'a b a',
    [
      [4, 5],
      [0, 1],
    ],
    '[a] b [a]',
  ],
  ['abc', [], 'abc'],
  ['abc', [[0, 3]], '[abc]'],
  ['abc', [[1, 9]], 'a[bc]'],
  [
    'abc',
    [
      [0, 2],
      [1, 3],
    ],
    '[ab]c',
  ],
  [
    'abc',
    [
      [5, 6],
      [2, 2],
    ],
    'abc',
  ],
  ['', [[0, 1]], ''],
])('%s with %j is %s', (text, hits, marked) => {
  expect(shown(text, hits)).toBe(marked)
})
