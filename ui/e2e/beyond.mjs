// What lies beyond the rows that are loaded, and beyond the page that is left: keys and numbers hold there too.
import assert from 'node:assert/strict'

const opened = (page) => new URL(page.url()).searchParams.get('messageId')

export const beyond = [
  {
    name: 'beyond: keys act on the open message, also where the list has not come to it',
    options: { scene: 'many', lang: 'en', path: '/inbox?messageId=5' },
    async run(page) {
      const message = (field) =>
        page.waitForFunction((name) => window.fake.mailbox.detail('5').message[name] !== null, field)
      await page.locator('article h2').waitFor()
      await message('read_at')
      await page.keyboard.press('u')
      await page.waitForFunction(() => window.fake.mailbox.detail('5').message.read_at === null)
      await page.keyboard.press('p')
      await message('pinned_at')
      await page.keyboard.press('e')
      await message('archived_at')
      await page.locator('article').waitFor({ state: 'detached' })
      await page.goBack()
      await page.locator('article h2').waitFor()
      await page.keyboard.press('Delete')
      await page.getByText('Deleted', { exact: true }).waitFor()
    },
  },
  {
    name: 'beyond: the next unread message is found below the loaded rows',
    options: { scene: 'many', lang: 'en' },
    async run(page) {
      const read = await page.evaluate(async () => {
        const filter = { link: false, pinned: false, unread: false }
        const top = { type: 'page', tab: { type: 'all' }, source: null, filter, before: null, limit: 500 }
        const ids = (await window.fake.query(top)).rows.map(({ id }) => id)
        await window.fake.act({ type: 'mark_read', ids })
        return ids
      })
      await page.waitForFunction(() => document.querySelector('[role=option].unread') === null)
      const found = []
      for (let n = 0; n < 2; n += 1) {
        await page.keyboard.press('n')
        await page.waitForFunction(
          (known) => !known.includes(new URL(location.href).searchParams.get('messageId')),
          [null, ...found],
        )
        found.push(opened(page))
        await page.locator('article h2').waitFor()
      }
      assert.ok(
        found.every((id) => !read.includes(id)),
        `opened ${found.join()}`,
      )
    },
  },
  ...['/inbox?of=deploy', '/inbox?q=nginx'].map((path) => ({
    name: `beyond: ${path} is counted beyond the loaded rows`,
    options: { scene: 'many', lang: 'en', path },
    async run(page) {
      const total = page.locator('.total').filter({ hasText: /\d,\d{3} messages/ })
      await total.waitFor()
      const said = (await total.innerText()).replace(/\D/g, '')
      assert.equal(await page.getByRole('option').first().getAttribute('aria-setsize'), said)
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      await page.getByText(new RegExp(`of ${Number(said).toLocaleString('en')}$`)).waitFor()
    },
  })),
  {
    name: 'beyond: nothing is marked read as a whole from a list where nothing is unread',
    options: { lang: 'en', path: '/inbox?tab=archived' },
    async run(page) {
      await page.locator('.empty').waitFor()
      await page.keyboard.press('Shift+U')
      await page.keyboard.press('/')
      await page.waitForFunction(() => document.activeElement?.matches('input') === true)
      assert.equal(await page.evaluate(() => window.fake.present().inbox.unread), 5)
    },
  },
  {
    name: 'beyond: the search is one key away in an empty list',
    options: { lang: 'en', path: '/inbox?tab=snoozed' },
    async run(page) {
      await page.locator('.empty').waitFor()
      await page.keyboard.press('/')
      await page.waitForFunction(() => document.activeElement?.matches('input') === true)
    },
  },
  {
    name: 'beyond: the search is one key away from what covers the list',
    options: { lang: 'en', width: 480, height: 700 },
    async run(page) {
      await page.getByRole('option').nth(1).click()
      await page.locator('article h2').waitFor()
      await page.keyboard.press('/')
      await page.waitForFunction(() => document.activeElement?.matches('input') === true)
      await page.keyboard.type('nginx')
      await page.locator('mark').first().waitFor()
    },
  },
  {
    name: 'beyond: what was done is taken back from another page too',
    options: { lang: 'en' },
    async run(page) {
      const total = (count) =>
        page.waitForFunction((wanted) => window.fake.present().inbox.total === wanted, count)
      for (const way of ['key', 'button']) {
        await page.keyboard.press('j')
        await page.keyboard.press('Delete')
        await total(13)
        await page.getByRole('link', { name: 'Settings' }).click()
        await page.waitForFunction(() => location.pathname.startsWith('/settings'))
        const undo = page.getByRole('button', { name: 'Undo' })
        await undo.waitFor()
        if (way === 'key') await page.keyboard.press('Control+z')
        else await undo.click()
        await total(14)
        await undo.waitFor({ state: 'detached' })
        await page.goBack()
        await page.getByRole('option').first().waitFor()
      }
    },
  },
  {
    name: 'beyond: the narrowest window has all that can be done with a message',
    options: { lang: 'en', width: 360, height: 640 },
    async run(page) {
      await page.getByRole('option').nth(1).click()
      await page.locator('article h2').waitFor()
      for (const name of ['Archive', 'Pin', 'Delete', 'Copy the message', 'Details', 'Next message']) {
        const button = page.getByRole('button', { name, exact: true })
        const { x, width } = await button.boundingBox()
        assert.ok(x >= 0 && x + width <= 360, `${name} stands from ${x} on`)
      }
    },
  },
  {
    name: 'beyond: a first run in a narrow window leads to the settings',
    options: { scene: 'empty', lang: 'en', width: 480, height: 700 },
    async run(page) {
      await page.getByRole('link', { name: 'Settings' }).click()
      await page.waitForFunction(() => location.pathname.startsWith('/settings'))
    },
  },
]
