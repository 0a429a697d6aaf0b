// @vitest-environment jsdom
// happy-dom ends DOMPurify’s walk after the first element; jsdom walks as browsers do.
import { describe, expect, it } from 'vitest'

import { bodyHtml } from './markdown'

function dom(body: string): HTMLElement {
  const root = document.createElement('div')
  root.innerHTML = bodyHtml(body).html
  return root
}

const HARMLESS = ['class', 'start', 'role', 'tabindex']
const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt&#58;alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '![x](https://evil.example/pixel.png)',
  '![x](javascript:alert(1))',
  '![" onerror="alert(1)](x" onerror="alert(1))',
  '[x](https://a.example/"onmouseover="alert(1))',
  '<https://evil.example/"><script>alert(1)</script>>',
  '`<img src=x onerror=alert(1)>`',
  '```<style>*{display:none}</style>\n<style>*{display:none}</style>\n```',
  '<style>@import url(https://evil.example)</style>',
  '<p style="position:fixed;inset:0">x</p>',
  '<form action="https://evil.example"><input name=q></form>',
  '<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>',
  '| <img src=x onerror=alert(1)> |\n| --- |\n| [a](javascript:1) |',
  '# <b onclick=alert(1)>x</b>',
  '[ref]\n\n[ref]: javascript:alert(1) "onload=alert(1)"',
]

describe('a hostile body', () => {
  it.each(HOSTILE)('can do nothing: %s', (body) => {
    const root = dom(body)
    expect(
      root.querySelector('script,style,img,svg,iframe,a,form,input,object,embed,math,link,meta,base'),
    ).toBeNull()
    for (const element of root.querySelectorAll('*')) {
      expect(element.getAttributeNames().filter((name) => !HARMLESS.includes(name))).toEqual([])
    }
  })

  it('keeps to the classes that the window knows', () => {
    expect(dom('```visually-hidden tool\nx\n```').querySelector('[class]')).toBeNull()
  })
})

describe('a body', () => {
  it('has its Markdown', () => {
    const root = dom('**a** `b`\n\n> c\n\n1. d\n2. e')
    expect(root.querySelector('strong')?.textContent).toBe('a')
    expect(root.querySelector('code')?.textContent).toBe('b')
    expect(root.querySelector('blockquote')?.textContent.trim()).toBe('c')
    expect(root.querySelectorAll('ol > li')).toHaveLength(2)
  })

  it('keeps the line breaks of plain text', () => {
    expect(dom('first\nsecond').querySelector('br')).not.toBeNull()
  })

  it('shows where a link leads, as text', () => {
    const root = dom('see [the docs](https://docs.example/%E4%BE%8B?a=1&b=2)')
    expect(root.textContent.trim()).toBe('see the docs https://docs.example/例?a=1&b=2')
  })

  it.each([
    ['a sign that turns the direction', '%E2%80%AE'],
    ['one that isolates', '%E2%81%A6'],
    ['one without width', '%E2%80%8B'],
    ['a line end', '%E2%80%A8'],
    ['a wide space', '%E3%80%80'],
    ['a control', '%C2%85'],
  ])('never shows %s in an address', (_, encoded) => {
    const address = `https://a.example/${encoded}/b`
    expect(dom(`[x](${address})`).textContent.trim()).toBe(`x ${address}`)
    expect(dom(`[x](<https://a.example/${decodeURIComponent(encoded)}/b>)`).textContent).not.toContain(
      decodeURIComponent(encoded),
    )
  })

  it('names its links by their place, as the body says them, and holds no address', () => {
    const { html, links } = bodyHtml(
      '[a](https://a.example/?b=1&c=2) <https://例.example/> [no](ftp://c.example)',
    )
    expect(links).toEqual(['https://a.example/?b=1&c=2', 'https://例.example/'])
    const root = dom('[a](https://a.example/) [no](ftp://c.example) [mail](mailto:a@b.example)')
    const words = [...root.querySelectorAll('[role=link]')]
    expect(words.map((word) => word.textContent)).toEqual(['a'])
    expect(html).not.toContain('href')
  })

  it.each([
    ['see https://a.example/b?c=d.', 'https://a.example/b?c=d'],
    ['详见https://a.example/b。谢谢', 'https://a.example/b'],
    ['（https://a.example/b）', 'https://a.example/b'],
    ['“https://a.example/例子”', 'https://a.example/例子'],
    ['(https://a.example/(b))', 'https://a.example/(b)'],
  ])('finds the bare address in %s', (body, address) => {
    expect(bodyHtml(body).links).toEqual([address])
  })

  it.each([
    'www.a.example',
    'a.example/b',
    'a@b.example',
    'ftp://a.example',
    '`https://a.example/`',
    '//a.example',
  ])('takes %s for no link', (body) => {
    expect(bodyHtml(body).links).toEqual([])
  })

  it('has links of the schemes that the user allows, bare ones too, and of no other', () => {
    const body = '[a](zotero://select/1) b zotero://select/2, <obsidian://open> and [c](obsidian://open)'
    const { html, links } = bodyHtml(body, ['zotero'])
    expect(links).toEqual(['zotero://select/1', 'zotero://select/2'])
    expect(html.match(/role="link"/g)).toHaveLength(2)
    expect(bodyHtml(body).links).toEqual([])
    expect(bodyHtml('[x](javascript:alert(1)) <javascript:alert(1)>', ['javascript']).links).toEqual([])
  })

  it('shows an address once if it is its own text', () => {
    expect(dom('<https://docs.example/>').textContent.trim()).toBe('https://docs.example/')
  })

  it('offers an image that may be asked for, and says where it would be', () => {
    const { html, images } = bodyHtml(
      '![a](/up/a.png) ![](https://b.example/b) ![c](ftp://b.example/c) [![d](/d.png)](/e)',
    )
    expect(images).toEqual(['/up/a.png', 'https://b.example/b'])
    expect(html.match(/role="button"/g)).toHaveLength(2)
    expect(html).toContain('[Image: c]')
    expect(html).toContain('[Image: d]')
    expect(dom('![a cat](https://x.example/cat.png)').textContent.trim()).toBe(
      'Show the image: a cat https://x.example/cat.png',
    )
  })

  it('ranks its headings below the title', () => {
    const root = dom('# a\n\n## b\n\n###### c')
    expect([...root.querySelectorAll('h3,h4,h6')].map((each) => each.tagName)).toEqual(['H3', 'H4', 'H6'])
    expect(root.querySelector('h1,h2')).toBeNull()
  })

  it('aligns the cells of a table without a style', () => {
    const root = dom('| a | b |\n| --- | ---: |\n| 1 | 2 |')
    expect(root.querySelectorAll('.right')).toHaveLength(2)
    expect(root.querySelector('.wide > table')).not.toBeNull()
  })
})
