// What takes its time shows it where it was asked for, and what fails says so there.
import assert from 'node:assert/strict'

const busy = '[aria-busy=true]'

/** Whatever is shown busy from now on. */
const watchBusy = (page) =>
  page.evaluate(() => {
    window.wasBusy = []
    new MutationObserver((changes) => {
      for (const { target } of changes) if (target.ariaBusy === 'true') window.wasBusy.push(target.outerHTML)
    }).observe(document, { subtree: true, attributeFilter: ['aria-busy'] })
  })

/** Whether two boxes stand beside each other. */
function isBeside(one, other) {
  const apart = Math.max(one.y - (other.y + other.height), other.y - (one.y + one.height))
  return apart >= 0 && apart < 20 && one.x < other.x + other.width + 8 && other.x < one.x + one.width + 8
}

export const busyness = [
  {
    name: 'busy: each control shows that its answer is awaited, and no longer',
    options: { scene: 'slow', lang: 'en' },
    async run(page) {
      await page.getByRole('option').nth(1).click()
      await page.locator('article h2').waitFor()
      for (const name of ['Pin', 'No longer pin']) {
        await page.getByRole('button', { name, exact: true }).click()
        await page.locator(`article button${busy}, .bar button${busy}, button${busy}`).waitFor()
        await page.locator(busy).waitFor({ state: 'detached' })
      }
      await page.getByRole('listbox').focus()
      await page.keyboard.press('p')
      await page.locator(`.row.active${busy}`).waitFor()
      await page.locator(busy).waitFor({ state: 'detached' })
      await page.getByRole('link', { name: 'Settings' }).click()
      await page.getByText('Dark', { exact: true }).click()
      await page.locator(`label${busy}`).filter({ hasText: 'Dark' }).waitFor()
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
      await page.locator(busy).waitFor({ state: 'detached' })
    },
  },
  {
    name: 'busy: nothing is shown of what is prompt',
    options: { lang: 'en' },
    async run(page) {
      await watchBusy(page)
      await page.getByRole('option').nth(1).click()
      await page.getByRole('button', { name: 'Pin', exact: true }).click()
      await page.getByRole('button', { name: 'No longer pin' }).waitFor()
      await page.getByRole('button', { name: 'Mark all as read' }).click()
      await page.getByRole('button', { name: 'Mark all as read' }).waitFor({ state: 'detached' })
      assert.deepEqual(await page.evaluate(() => window.wasBusy), [])
    },
  },
  {
    name: 'busy: what failed is said beside the control that asked for it',
    options: { scene: 'slow', lang: 'en' },
    async run(page) {
      const button = page.getByRole('button', { name: 'Mark all as read' })
      await page.evaluate(() => (window.fake.failNext = 'storage'))
      await button.click()
      const said = page.getByRole('alert')
      await said.waitFor()
      const [one, other] = [await said.boundingBox(), await button.boundingBox()]
      assert.ok(isBeside(one, other), JSON.stringify({ one, other }))
      await page.keyboard.press('Escape')
      await said.waitFor({ state: 'detached' })
    },
  },
]
