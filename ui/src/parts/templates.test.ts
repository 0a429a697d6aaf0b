import { expect, it } from 'vitest'

import { example, siteOf } from './templates'

it.each([
  ['/community/post/{relatedId}', 'https://example.org/community/post/1001'],
  ['/m/{id}?k={type}', 'https://example.org/m/42?k=reply'],
  ['/x/{a b}', 'https://example.org/x/a%20b'],
  ['', null],
  ['  ', null],
])('the template %s leads to %s', (template, address) => {
  expect(example('https://example.org', 'reply', template)).toBe(address)
})

it('is on the site that is given, else on the API’s origin', () => {
  expect(siteOf('https://api.example.org/prod', '')).toBe('https://api.example.org')
  expect(siteOf('https://api.example.org/prod', ' https://www.example.org ')).toBe('https://www.example.org')
  expect(example('no address', 'reply', '/a')).toBeNull()
})
