// What a message has beside its text.
import assert from 'node:assert/strict'

async function arrive(page, body) {
  const id = await page.evaluate(
    (text) => window.fake.arrive({ source: 'ops', kind: 'message', title: 'Chart', body: text }),
    body,
  )
  await page.locator(`#row-${id}`).click()
  await page.locator('.body').waitFor()
  return id
}

export const reading = [
  {
    name: 'details: a key shows what became of a message and what is kept of it',
    options: { lang: 'en' },
    async run(page) {
      await arrive(page, 'text')
      await page.keyboard.press('d')
      const details = page.getByRole('region', { name: 'Details' })
      await details.getByText('it arrived: a notification was shown').waitFor()
      await details.getByText('"content": "text"').waitFor()
      await page.keyboard.press('d')
      await details.waitFor({ state: 'detached' })
    },
  },
  {
    name: 'copying: a key copies title and text',
    options: { lang: 'en', media: { permissions: ['clipboard-read', 'clipboard-write'] } },
    async run(page) {
      await arrive(page, 'text')
      await page.keyboard.press('c')
      await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' })
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'Chart\n\ntext')
    },
  },
]
