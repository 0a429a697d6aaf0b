// A web page of an origin of its own, in a real browser, that runs the client of docs/protocol.md as it stands there, or
// the browser's own.
// It is driven by lines of JSON on standard input and tells what its client calls on standard output.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const { chromium } = createRequire(new URL('../../ui/package.json', import.meta.url))('playwright-core')

const text = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
const client = text.split('\n## Browsers\n')[1].split('```js\n')[1].split('```')[0]
const html = `<!doctype html><script type="module">
import { connect } from '/client.js'
const closers = {}
window.open_ = (name, options) => {
  const tell = (what) => (...values) => window.tell({ name, what, values })
  closers[name] = connect({
    ...options,
    onMessage: tell('message'),
    onControl: tell('control'),
    onState: tell('state'),
  })
}
window.close_ = (name) => closers[name]()
window.ready_ = true
</script>`

const site = createServer((request, response) => {
  const script = request.url === '/client.js'
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
  response.end(script ? client : html)
})
await new Promise((listening) => site.listen(0, '127.0.0.1', listening))
const origin = `http://127.0.0.1:${site.address().port}`

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
const page = await browser.newPage()
await page.exposeFunction('tell', (line) => console.log(JSON.stringify(line)))
await page.goto(origin)
await page.waitForFunction(() => window.ready_)
console.log(JSON.stringify({ origin }))

/** All that the browser's own client dispatches until the stream ends. */
function dispatched([url, types]) {
  return new Promise((resolve) => {
    const source = new EventSource(url)
    const events = []
    for (const type of types)
      source.addEventListener(type, ({ data, lastEventId }) => events.push([type, data, lastEventId]))
    source.addEventListener('error', () => {
      source.close()
      resolve(events)
    })
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { open, close, options, dispatch, url, types } = JSON.parse(line)
  if (dispatch) {
    const values = [await page.evaluate(dispatched, [url, types])]
    console.log(JSON.stringify({ name: dispatch, what: 'dispatched', values }))
  }
  if (open) await page.evaluate(([name, options]) => window.open_(name, options), [open, options])
  if (close) await page.evaluate((name) => window.close_(name), close)
}
await browser.close()
site.close()
