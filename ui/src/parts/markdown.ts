// A message's body as HTML that can do nothing by itself: Markdown without raw HTML and without images, and
// after that through DOMPurify with a list of harmless tags. A link is a word with the role of one and no
// address: whoever shows the HTML knows the address by the word's place and asks the backend to open it.

import DOMPurify from 'dompurify'
import MarkdownIt, { type Env, type Token } from 'markdown-it'

import { say } from '../words'
import { canOpen, readable } from './addresses'

/** A longer body is shown as plain text: hostile Markdown takes more than proportionally longer. In UTF-16 units. */
export const MARKDOWN_LIMIT = 64 * 1024

/** What a body looks like. */
export interface BodyHtml {
  html: string
  /** Where its links lead, in their order, as the body says it. */
  links: string[]
  /** Where its images are that may be asked for, in their order, as the body says it. */
  images: string[]
}

const TAGS = [
  'p',
  'br',
  'hr',
  'strong',
  'em',
  's',
  'code',
  'pre',
  'blockquote',
  'ul',
  'ol',
  'li',
  'h3',
  'h4',
  'h5',
  'h6',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'span',
  'div',
]
const CLASSES = new Set(['link', 'url', 'image', 'wide', 'right', 'center'])

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false })
const { rules, utils } = { rules: markdown.renderer.rules, utils: markdown.utils }

// The backend looks for the address in the body, so it stays as it is written there.
markdown.normalizeLink = (address) => address
markdown.normalizeLinkText = readable

// Bare addresses are links where they say so themselves, and end before the punctuation of Chinese text.
const ADDRESS_LIMIT = 2_048
const AFTER_ADDRESS = /[\s\u2018-\u201f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]/
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
for (const schema of ['ftp:', '//', 'mailto:']) markdown.linkify.add(schema, null)
const found = new Set<string>()
for (const scheme of ['http', 'https']) find(scheme)

/** Has bare addresses of a scheme found. What may not be opened stays text all the same. */
function find(scheme: string): void {
  if (found.has(scheme)) return
  found.add(scheme)
  markdown.linkify.add(`${scheme}:`, {
    validate(text, at, self) {
      const tail = text.slice(at, at + ADDRESS_LIMIT)
      const end = tail.search(AFTER_ADDRESS)
      const address = self.re.get_http_validator()
      address.lastIndex = 0
      return address.exec(end < 0 ? tail : tail.slice(0, end))?.[0].length ?? 0
    },
  })
}

// The message's title stands above as a heading of the second rank.
for (const rule of ['heading_open', 'heading_close'] as const) {
  rules[rule] = (tokens, index) => {
    const token = tokens[index]
    const rank = Math.min(6, Number(token?.tag.slice(1) ?? 1) + 2)
    return rule === 'heading_open' ? `<h${String(rank)}>` : `</h${String(rank)}>`
  }
}

// A link's address is shown, never hidden behind its text.
rules.link_open = (tokens, index, _options, env) => {
  const href = String(tokens[index]?.attrGet('href') ?? '')
  if (!canOpen(href, schemesOf(env))) return ''
  linksOf(env).push(href)
  return '<span class="link" role="link" tabindex="0">'
}
rules.link_close = (tokens, index, _options, env) => {
  let open = index - 1
  while (open >= 0 && tokens[open]?.type !== 'link_open') open -= 1
  const href = String(tokens[open]?.attrGet('href') ?? '')
  const text = tokens
    .slice(open + 1, index)
    .map((token) => token.content)
    .join('')
  const end = canOpen(href, schemesOf(env)) ? '</span>' : ''
  const shown = readable(href)
  if (href === '' || text === href || text === shown) return end
  return `${end} <span class="url">${utils.escapeHtml(shown)}</span>`
}

rules.image = (tokens, index, _options, env) => {
  const token = tokens[index]
  const alt = token?.content ?? ''
  const source = String(token?.attrGet('src') ?? '')
  const address = `<span class="url">${utils.escapeHtml(readable(source))}</span>`
  if (!isWeb(source) || isInLink(tokens, index))
    return `<span class="image">${utils.escapeHtml(say('reading.image', { alt }))}</span> ${address}`
  imagesOf(env).push(source)
  const words = alt === '' ? say('reading.show_image') : say('reading.show_image_of', { alt })
  return `<span class="image" role="button" tabindex="0">${utils.escapeHtml(words)}</span> ${address}`
}

/** Whether it can be a web address or a path on the site; which of them are loaded is the backend's word. */
function isWeb(address: string): boolean {
  return address !== '' && (/^https?:\/\//i.test(address) || !/^[a-z][a-z0-9+.-]*:|^\/\/|\\/i.test(address))
}

/** Whether a link is open at this place. */
function isInLink(tokens: readonly Token[], index: number): boolean {
  const before = tokens.slice(0, index).map(({ type }) => type)
  return before.lastIndexOf('link_open') > before.lastIndexOf('link_close')
}

rules.table_open = () => '<div class="wide"><table>'
rules.table_close = () => '</table></div>'
for (const cell of ['th', 'td'] as const) {
  rules[`${cell}_open`] = (tokens, index) => {
    const style = String(tokens[index]?.attrGet('style') ?? '')
    const side = ['right', 'center'].find((name) => style.endsWith(name))
    return side === undefined ? `<${cell}>` : `<${cell} class="${side}">`
  }
}

const purifier = DOMPurify(window)
purifier.addHook('uponSanitizeAttribute', (_node, attribute) => {
  if (attribute.attrName === 'class') {
    attribute.attrValue = attribute.attrValue
      .split(' ')
      .filter((name) => CLASSES.has(name))
      .join(' ')
    attribute.keepAttr = attribute.attrValue !== ''
  }
})

/**
 * Turns a body into HTML without scripts, styles, images or addresses; only a few classes and a role. Links of
 * `schemes` are links, too.
 */
export function bodyHtml(body: string, schemes: readonly string[] = []): BodyHtml {
  schemes.forEach(find)
  const env = { links: [], images: [], schemes }
  const html = purifier.sanitize(markdown.render(body, env), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['class', 'start', 'role', 'tabindex'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  })
  return { html, links: linksOf(env), images: imagesOf(env) }
}

function linksOf(env: Env = {}): string[] {
  return Array.isArray(env.links) ? (env.links as string[]) : []
}

function imagesOf(env: Env = {}): string[] {
  return Array.isArray(env.images) ? (env.images as string[]) : []
}

function schemesOf(env: Env = {}): readonly string[] {
  return Array.isArray(env.schemes) ? (env.schemes as string[]) : []
}
