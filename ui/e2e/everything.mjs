// Acts on everything that a list has, loaded or not.
import assert from 'node:assert/strict'

const inbox = (page) => page.evaluate(() => window.fake.present().inbox)

export const everything = [
  {
    name: 'everything: what is not loaded is chosen, put away and brought back, by keys',
    options: { scene: 'many', lang: 'en' },
    async run(page) {
      await page.getByRole('option').first().waitFor()
      await page.getByRole('listbox').focus()
      await page.keyboard.press('Control+a')
      await page.getByText('100 are selected: all that is loaded.').waitFor()
      await page.keyboard.press('Shift+Tab')
      const offer = page.getByRole('button', { name: 'Select all 100,000 that match' })
      await offer.focus()
      await page.keyboard.press('Enter')
      await page.getByText('Everything selected').waitFor()
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'listbox')
      await page.keyboard.press('e')
      await page.waitForFunction(() => window.fake.present().inbox.total === 0)
      await page.getByRole('option').first().waitFor({ state: 'detached' })
      const acts = await page.evaluate(() => window.fake.acts.filter(({ type }) => type !== 'attend'))
      assert.deepEqual(
        acts.map(({ type, deed }) => [type, deed?.type]),
        [['all_of', 'archive']],
      )
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.waitForFunction(() => window.fake.present().inbox.total === 100_000)
      await page.getByRole('option').first().waitFor()
    },
  },
  {
    name: 'everything: Escape lets it go, and what is all loaded is not offered',
    options: { lang: 'en' },
    async run(page) {
      await page.getByRole('listbox').focus()
      await page.keyboard.press('Control+a')
      await page.getByText('14 selected').waitFor()
      assert.equal(await page.getByRole('button', { name: /that match/ }).count(), 0)
      await page.keyboard.press('Escape')
      await page.getByText('14 selected').waitFor({ state: 'detached' })
    },
  },
  {
    name: 'everything: what a search or a filter has is marked read, and nothing else',
    options: { scene: 'many', lang: 'en', path: '/inbox?q=nginx' },
    async run(page) {
      const before = (await inbox(page)).unread
      await page.getByRole('option').first().waitFor()
      await page.getByRole('button', { name: 'Mark all as read' }).click()
      await page.locator('.undo').getByText('Marked as read').waitFor()
      const after = (await inbox(page)).unread
      assert.ok(after < before && after > 0, `${before}, ${after}`)
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.waitForFunction((unread) => window.fake.present().inbox.unread === unread, before)
      await page.goto(page.url().replace(/\?.*/, '?of=deploy'))
      await page.getByRole('option').first().waitFor()
      await page.getByRole('button', { name: 'Mark all as read' }).click()
      await page.locator('.undo').getByText('Marked as read').waitFor()
      const { kinds } = await inbox(page)
      assert.equal(kinds.find(({ kind }) => kind === 'deploy').unread, 0)
      assert.ok(kinds.find(({ kind }) => kind === 'reply').unread > 0)
    },
  },
]
