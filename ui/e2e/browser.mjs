// Starts the browser, and opens the window in it in a wanted state.
import { chromium } from 'playwright-core'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Sunday morning, so that "today" and "yesterday" are what they are meant to be. */
const NOW = new Date('2026-11-22T10:00:00+08:00')

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
  })
}

/**
 * Opens the window.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url where it is served
 * @param {{ scene?: string, lang?: string, theme?: string, width?: number, height?: number, path?: string,
 *   live?: string, media?: object }} [options]
 * @param {boolean} [still] whether the clock stands, so that a picture is the same at each run
 * @returns the page, and what the browser complained about
 */
export async function open(browser, url, options = {}, still = false) {
  const {
    scene = 'default',
    lang = 'zh-CN',
    theme = 'light',
    width = 1080,
    height = 700,
    live = 'off',
  } = options
  const context = await browser.newContext({
    viewport: { width, height },
    locale: lang,
    timezoneId: 'Asia/Shanghai',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    ...options.media,
  })
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  if (still) await page.clock.setFixedTime(NOW)
  else await page.clock.install({ time: NOW })
  const query = new URLSearchParams({ scene, lang, theme, live })
  await page.goto(`${url}/?${query}`)
  await page.waitForSelector('html[data-theme]')
  if (options.path) {
    await page.goto(`${url}${options.path}`)
    await page.waitForSelector('html[data-theme]')
  }
  return { page, context, complaints }
}
