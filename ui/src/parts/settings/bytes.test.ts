import { describe, expect, it } from 'vitest'

import { bytes } from './bytes'

describe('a size', () => {
  it('has the unit that people would choose', () => {
    expect([0, 999, 81_920, 999_400, 2_350_000, 123_456_789, 4_200_000_000].map(bytes)).toEqual([
      '1 kB',
      '1 kB',
      '82 kB',
      '999 kB',
      '2.4 MB',
      '123 MB',
      '4.2 GB',
    ])
  })
})
