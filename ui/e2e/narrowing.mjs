// Narrowing a list by days, and the order of what is put off.
import assert from 'node:assert/strict'

const titles = (page) =>
  page
    .getByRole('option')
    .evaluateAll((rows) => rows.map((row) => row.querySelector('.title').textContent.trim()))

export const narrowing = [
  {
    name: 'narrowing: a span of days is set by keys, shown, kept in a reload, and taken off day by day',
    options: { lang: 'en' },
    async run(page) {
      const all = await page.getByRole('option').count()
      await page.getByRole('button', { name: 'Filter' }).click()
      await page.getByLabel('Date').selectOption({ label: 'From one day to another' })
      await page.getByLabel('From', { exact: true }).fill('2026-11-21')
      await page.getByLabel('To', { exact: true }).fill('2026-11-21')
      await page.getByRole('button', { name: 'Without “To Nov 21, 2026”' }).waitFor()
      await page.keyboard.press('Escape')
      await page.waitForFunction((before) => document.querySelectorAll('[role=option]').length < before, all)
      assert.deepEqual(await page.locator('.day').allInnerTexts(), ['Yesterday'])
      await page.reload()
      await page.getByRole('option').first().waitFor()
      assert.deepEqual(await page.locator('.day').allInnerTexts(), ['Yesterday'])
      await page.getByRole('button', { name: 'Without “From Nov 21, 2026”' }).click()
      await page.getByRole('button', { name: 'Without “To Nov 21, 2026”' }).click()
      await page.waitForFunction(
        (before) => document.querySelectorAll('[role=option]').length === before,
        all,
      )
    },
  },
  {
    name: 'narrowing: a search stays in the list where it began, until it is let go everywhere',
    options: { lang: 'en' },
    async run(page) {
      const [first, second] = await titles(page)
      await page.keyboard.press('j')
      await page.keyboard.press('e')
      await page.getByRole('link', { name: 'Archived' }).click()
      await page.getByRole('heading', { name: 'Archived' }).waitFor()
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1)
      const search = page.getByRole('textbox', { name: 'Search messages' })
      await search.fill(second.slice(-6))
      await page.getByRole('heading', { name: 'Results in “Archived”' }).waitFor()
      await page.getByText('Nothing found').waitFor()
      await search.fill(first.slice(-6))
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1)
      assert.deepEqual(await titles(page), [first])
      await search.fill(second.slice(-6))
      await page.getByText('Nothing found').waitFor()
      await page.locator('.empty').getByRole('button', { name: 'Search everywhere' }).click()
      await page.getByRole('heading', { name: 'Results', exact: true }).waitFor()
      assert.ok((await titles(page)).includes(second))
      assert.equal(await page.getByRole('button', { name: 'Search everywhere' }).count(), 0)
    },
  },
  {
    name: 'narrowing: what is put off stands by when it comes back, the soonest first',
    options: { lang: 'en' },
    async run(page) {
      const rows = await titles(page)
      const ids = await page.getByRole('option').evaluateAll((all) => all.map(({ id }) => id.slice(4)))
      for (const [index, span] of ['next_week', 'hour', 'tomorrow'].entries())
        await page.evaluate((act) => window.fake.act(act), { type: 'snooze', ids: [ids[index]], span })
      await page.getByRole('link', { name: 'Put off 3' }).click()
      await page.getByRole('heading', { name: 'Put off' }).waitFor()
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 3)
      assert.deepEqual(await titles(page), [rows[1], rows[2], rows[0]])
    },
  },
]
