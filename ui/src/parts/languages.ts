// Which language a server's text is in, as far as its script tells. Without it, an engine takes the glyphs
// that Chinese and Latin share (quotation marks, dashes, ellipses) from the wrong font.

/** What `lang` may say of a text; `und` is the BCP 47 tag of a language that is not known. */
export type TextLanguage = 'zh-CN' | 'ja' | 'ko' | 'und'

/** How much of a text is looked at. */
const LOOKED_AT = 4_096

/** The language of a text by its script. */
export function languageOf(text: string): TextLanguage {
  const start = text.slice(0, LOOKED_AT)
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(start)) return 'ja'
  if (/\p{Script=Hangul}/u.test(start)) return 'ko'
  return /\p{Script=Han}/u.test(start) ? 'zh-CN' : 'und'
}
