// The window by keyboard alone: nothing here touches the mouse.
import assert from 'node:assert/strict'

const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: at } = document
    return at?.getAttribute('role') ?? at?.tagName.toLowerCase()
  })
const acts = (page, type) =>
  page.evaluate((wanted) => window.fake.acts.filter((act) => act.type === wanted), type)
const heading = (page, name) => page.getByRole('heading', { name, exact: true }).first().waitFor()

/**
 * Whether one can see where the focus is: something of it, of its field or of the list's row looks otherwise than
 * without the focus.
 */
const focusShows = async () => {
  const at = document.activeElement
  if (!at || at === document.body) return { ok: true, what: 'body' }
  const host = at.closest('.el-input__wrapper, .el-switch, .el-radio-button, .el-checkbox, .field')
  const row = at.getAttribute('role') === 'listbox' ? at.querySelector('.row.active') : null
  const parts = [at, host, row].flatMap((part) => (part === null ? [] : [part, ...part.children]))
  const look = () =>
    parts.map((part) => {
      const { outline, outlineStyle, boxShadow } = getComputedStyle(part)
      return `${outlineStyle === 'none' ? '' : outline} ${boxShadow}`
    })
  const seen = look().join()
  at.blur()
  // A field's look follows with the page's next drawing, before anybody could put the focus elsewhere.
  for (let turn = 0; turn < 20; turn += 1) await null
  const plain = look().join()
  at.focus({ preventScroll: true })
  const { width, height } = (host ?? at).getBoundingClientRect()
  return { ok: seen !== plain && width * height > 0, what: at.outerHTML.slice(0, 120) }
}

export const keyboard = [
  {
    name: 'keys: the palette does and finds everything, in either language, and gives the focus back',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('j')
      await page.keyboard.press('Control+k')
      await page.keyboard.type('dark')
      await page.getByRole('option', { name: 'Theme: Dark' }).waitFor()
      await page.keyboard.press('Enter')
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
      assert.equal(await focused(page), 'listbox')
      await page.keyboard.press('Control+k')
      await page.keyboard.type('运维')
      await page.keyboard.press('Enter')
      await heading(page, '运维告警 ntfy')
      await page.keyboard.press('Control+k')
      await page.keyboard.type('归档')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('Enter')
      await page.waitForURL(/tab=archived|source=ops$/)
      await page.keyboard.press('Control+k')
      await page.keyboard.type('报表')
      await page.getByRole('option', { name: 'Search messages for “报表”' }).waitFor()
      await page.keyboard.press('Enter')
      await heading(page, 'Results')
      await page.keyboard.press('Control+k')
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    },
  },
  {
    name: 'keys: the sheet names the keys and leaves the focus where it was',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('j')
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
      await page.keyboard.press('e')
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.deepEqual(await acts(page, 'archive'), [], 'what lies below hears no keys')
      assert.equal(await focused(page), 'listbox')
      await page.keyboard.press('?')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Space')
      await page.getByRole('switch', { checked: false }).waitFor({ state: 'attached' })
      assert.equal(await page.evaluate(() => window.fake.acts.at(-1)?.preferences?.single_keys), 'off')
      await page.keyboard.press('Escape')
      await page.keyboard.press('e')
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog', { name: 'Command palette' }).waitFor()
      assert.deepEqual(await acts(page, 'archive'), [], 'single keys are off')
    },
  },
  {
    name: 'keys: two keys after one another lead everywhere, and the focus follows',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('g')
      await page.keyboard.press('s')
      await heading(page, 'Appearance')
      await page.keyboard.press('Tab')
      await page.keyboard.press('g')
      await page.keyboard.press('u')
      await heading(page, 'Unread')
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'listbox')
      await page.keyboard.press('g')
      await page.keyboard.press('i')
      await heading(page, 'Inbox')
      await page.keyboard.press('g')
      await page.keyboard.press('e')
      await heading(page, 'Archived')
    },
  },
  {
    name: 'keys: a message is put off, and the list has the focus again',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('j')
      await page.keyboard.press('s')
      await page.waitForFunction(() => document.activeElement?.textContent === 'In an hour')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Undo' }).waitFor()
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'listbox')
      assert.equal((await acts(page, 'snooze'))[0]?.span, 'tonight')
      await page.keyboard.press('Control+z')
      await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' })
    },
  },
  {
    name: 'keys: what was read by having been seen is unread again by the key that undoes, and not offered before',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('n')
      await page.waitForFunction(() => document.title === '(4) Belfry')
      assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0)
      await page.keyboard.press('Control+z')
      await page.waitForFunction(() => document.title === '(5) Belfry')
      await page.getByRole('button', { name: 'Mark as read' }).click()
      await page.waitForFunction(() => document.title === '(4) Belfry')
      await page.getByText('Marked as read').waitFor()
      await page.keyboard.press('z')
      await page.waitForFunction(() => document.title === '(5) Belfry')
      await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' })
    },
  },
  {
    name: 'keys: n reads what is unread, one after the other',
    options: { lang: 'en' },
    async run(page) {
      const opened = new Set()
      for (let left = 4; left >= 0; left -= 1) {
        await page.keyboard.press('n')
        await page.waitForFunction(
          (count) => document.title === (count === 0 ? 'Belfry' : `(${String(count)}) Belfry`),
          left,
        )
        opened.add(new URL(page.url()).searchParams.get('messageId'))
      }
      assert.equal(opened.size, 5)
    },
  },
  {
    name: 'keys: in a narrow window the whole journey goes without the mouse',
    options: { lang: 'en', width: 360, height: 640 },
    async run(page) {
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      await page.locator('article h2').waitFor()
      // What stands where in the list is known by now.
      await page.locator('.position').waitFor({ state: 'attached' })
      const first = page.url()
      await page.keyboard.press('j')
      await page.waitForURL((url) => url.href !== first)
      await page.keyboard.press('u')
      await page.keyboard.press('Escape')
      await page.getByRole('listbox').waitFor()
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'listbox')
    },
  },
  {
    name: 'keys: what has the focus may go away, the focus does not',
    options: { lang: 'en' },
    async run(page) {
      await page.getByRole('button', { name: 'Mark all as read' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Mark all as read' }).waitFor({ state: 'detached' })
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'listbox')
      await page.getByRole('button', { name: 'Undo' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' })
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'listbox')
    },
  },
  ...['/inbox?messageId=14', '/settings/notifications', '/settings/sources/community', '/sources/new'].map(
    (path) => ({
      name: `keys: the focus is seen wherever it goes in ${path}`,
      options: { lang: 'en', path },
      async run(page) {
        await page.locator('main').waitFor()
        await page.locator('main :is(a, button, [role=listbox])').first().waitFor()
        const seen = new Set()
        for (let step = 0; step < 90; step += 1) {
          await page.keyboard.press('Tab')
          const { ok, what } = await page.evaluate(focusShows)
          assert.ok(ok, `not seen on ${what}`)
          seen.add(what)
        }
        assert.ok(seen.size > 5, `only ${seen.size} places`)
      },
    }),
  ),
]
