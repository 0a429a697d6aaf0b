// The window in a real browser: pictures of every scene in ../target/ui, no violation of accessibility,
// no complaint of the browser (its content security policy included), and the behaviour that only a real
// layout shows.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { AxeBuilder } from '@axe-core/playwright'

import { behaviours } from './behaviours.mjs'
import { launch, open } from './browser.mjs'
import { pictures as chosen } from './pictures.mjs'
import { everyScene } from './scenes.mjs'
import { serve } from './server.mjs'

const out = fileURLToPath(new URL('../../target/ui/', import.meta.url))
const pictures = [...chosen, ...everyScene]
/** Parts of names, to run a few only. */
const only = process.argv.slice(2)

async function accessible(page) {
  // Of WCAG 2.2 axe leaves the size of targets out by itself.
  const rules = { 'target-size': { enabled: true } }
  // There are no frames, for which axe would open a second page; what is well need not be listed.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ rules, resultTypes: ['violations'] })
  const { violations } = await axe.analyze()
  return violations.map(
    ({ id, help, nodes }) =>
      `axe ${id}: ${help}\n    ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join('\n    ')}`,
  )
}

async function each(list, task) {
  const queue = [...list]
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await task(next)
  }
  await Promise.all([worker(), worker()])
}

mkdirSync(out, { recursive: true })
const server = await serve()
const browser = await launch()
const failures = []
const wanted = ({ name }) => only.length === 0 || only.some((part) => name.includes(part))

await each(pictures.filter(wanted), async ({ name, options, prepare, axe = true }) => {
  const { page, context, complaints } = await open(browser, server.url, options, true)
  try {
    await prepare?.(page)
    await page.waitForFunction(() =>
      document.getAnimations().every((animation) => animation.playState !== 'running'),
    )
    await page.screenshot({ path: `${out}${name}.png` })
    if (axe) failures.push(...(await accessible(page)).map((text) => `${name}: ${text}`))
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    if (wide > 0) failures.push(`${name}: the window scrolls sideways by ${wide} px`)
  } catch (error) {
    failures.push(`${name}: ${error.message}`)
  }
  failures.push(...complaints.map((text) => `${name}: the browser says: ${text}`))
  await context.close()
})

await each(behaviours.filter(wanted), async ({ name, options, run }) => {
  const { page, context, complaints } = await open(browser, server.url, options)
  try {
    await run(page, server.url)
  } catch (error) {
    failures.push(`${name}: ${error.message}`)
    await page.screenshot({ path: `${out}failed.png` })
  }
  failures.push(...complaints.map((text) => `${name}: the browser says: ${text}`))
  await context.close()
})

await browser.close()
server.close()
for (const failure of failures) console.error(`✗ ${failure}`)
console.log(`${pictures.length} pictures, ${behaviours.length} behaviours, ${failures.length} failures`)
process.exitCode = failures.length === 0 ? 0 : 1
