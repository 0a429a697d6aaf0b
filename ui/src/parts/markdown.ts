// A message's body as HTML that can do nothing: Markdown without raw HTML, without images, without links
// that could be followed, and after that through DOMPurify with a list of harmless tags.

import DOMPurify from 'dompurify'
import MarkdownIt from 'markdown-it'

import { say } from '../words'

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
const CLASSES = new Set(['url', 'image', 'wide', 'right', 'center'])

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true, typographer: false })
const { rules, utils } = { rules: markdown.renderer.rules, utils: markdown.utils }

// The message's title stands above as a heading of the second rank.
for (const rule of ['heading_open', 'heading_close'] as const) {
  rules[rule] = (tokens, index) => {
    const token = tokens[index]
    const rank = Math.min(6, Number(token?.tag.slice(1) ?? 1) + 2)
    return rule === 'heading_open' ? `<h${String(rank)}>` : `</h${String(rank)}>`
  }
}

// A link's address is shown, never hidden behind its text, and cannot be clicked.
rules.link_open = () => ''
rules.link_close = (tokens, index) => {
  let open = index - 1
  while (open >= 0 && tokens[open]?.type !== 'link_open') open -= 1
  const href = String(tokens[open]?.attrGet('href') ?? '')
  const text = tokens
    .slice(open + 1, index)
    .map((token) => token.content)
    .join('')
  if (href === '' || text === href) return ''
  return ` <span class="url">${utils.escapeHtml(readable(href))}</span>`
}

rules.image = (tokens, index) => {
  const token = tokens[index]
  const alt = token?.content ?? ''
  const source = String(token?.attrGet('src') ?? '')
  const words = say('reading.image', { alt })
  return `<span class="image">${utils.escapeHtml(words)}</span> <span class="url">${utils.escapeHtml(readable(source))}</span>`
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

/** Shows `例` rather than `%E4%BE%8B`, as far as that is unambiguous. */
function readable(address: string): string {
  try {
    return decodeURI(address)
  } catch {
    return address
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

/** Turns a body into HTML without scripts, styles, images, links or any attribute but a few classes. */
export function bodyHtml(body: string): string {
  return purifier.sanitize(markdown.render(body), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['class', 'start'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  })
}
