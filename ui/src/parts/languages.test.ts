import { expect, it } from 'vitest'

import { languageOf } from './languages'

it.each([
  ['nginx_fan replied to “SSE behind nginx”', 'und'],
  ['“只要把 future 存在循环外面”', 'zh-CN'],
  ['お知らせ：明日は休みです', 'ja'],
  ['새 댓글', 'ko'],
  ['', 'und'],
])('the language of %s is %s', (text, language) => {
  expect(languageOf(text)).toBe(language)
})
