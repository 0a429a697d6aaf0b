// What only a real layout shows.
import assert from 'node:assert/strict'

import { beyond } from './beyond.mjs'
import { busyness } from './busy.mjs'
import { calm } from './calm.mjs'
import { everything } from './everything.mjs'
import { keyboard } from './keyboard.mjs'
import { narrowing } from './narrowing.mjs'
import { reading } from './reading.mjs'
import { settings } from './settings.mjs'

const list = (page) => page.getByRole('listbox')
const top = (page) => list(page).evaluate((element) => element.scrollTop)
/** Where the row is on screen, in pixels from the window's top. */
const place = async (page, id) => (await page.locator(`#row-${id}`).boundingBox())?.y

const HOSTILE = [
  '<img src="https://evil.example/a.png" onerror="window.hit=1">',
  '![x](https://evil.example/b.png)',
  '<script>window.hit=1</script>',
  '[x](javascript:window.hit=1)',
  '<iframe src="https://evil.example/"></iframe>',
  '<style>*{display:none}</style>',
  '<svg onload="window.hit=1"><a href="https://evil.example/">x</a></svg>',
].join('\n\n')

/** Waits until a few frames have been drawn. */
const settled = (page) =>
  page.evaluate(async () => {
    for (let frame = 0; frame < 10; frame += 1) await new Promise((done) => requestAnimationFrame(done))
  })

export const behaviours = [
  ...beyond,
  ...settings,
  ...busyness,
  ...calm,
  ...everything,
  ...keyboard,
  ...narrowing,
  ...reading,
  {
    name: 'the list keeps its position when messages come in above',
    options: { scene: 'many' },
    async run(page) {
      await list(page).evaluate((element) => element.scrollTo(0, 1_500))
      // The rows of that place, drawn and at rest.
      await page.waitForFunction(
        () => Number(document.querySelector('[role=option]')?.getAttribute('aria-posinset')) > 8,
      )
      await settled(page)
      const row = page.getByRole('option').nth(12)
      const id = (await row.getAttribute('id')).slice(4)
      const before = await place(page, id)
      await page.evaluate(() => [1, 2, 3, 4, 5].forEach(() => window.fake.arrive()))
      await page.getByRole('button', { name: '5 条新消息' }).waitFor()
      await settled(page)
      assert.equal(await place(page, id), before)
      await page.getByRole('button', { name: '5 条新消息' }).click()
      await page.getByRole('button', { name: '5 条新消息' }).waitFor({ state: 'detached' })
      assert.equal(await top(page), 0)
    },
  },
  {
    name: 'a hundred thousand messages scroll, drawing few and fetching as one goes',
    options: { scene: 'many' },
    async run(page) {
      const seen = new Set()
      for (let step = 0; step < 40; step += 1) {
        await list(page).evaluate((element) => element.scrollBy(0, 1_200))
        await page.waitForFunction(() => document.querySelectorAll('[role=option]').length > 5)
        seen.add(await page.getByRole('option').last().getAttribute('aria-posinset'))
      }
      assert.ok((await page.getByRole('option').count()) < 40, 'few rows are drawn')
      assert.ok(Math.max(...[...seen].map(Number)) > 500, `it got to ${Math.max(...[...seen].map(Number))}`)
      assert.equal(await page.getByRole('option').first().getAttribute('aria-setsize'), '100000')
    },
  },
  {
    name: 'opening marks read, and all numbers fall together',
    options: { lang: 'en' },
    async run(page) {
      await page.getByRole('link', { name: 'Inbox, 5 unread' }).waitFor()
      await page.getByRole('option').first().click()
      await page.getByRole('link', { name: 'Inbox, 4 unread' }).waitFor()
      assert.equal(await page.title(), '(4) Belfry')
      assert.match(page.url(), /\/inbox\?messageId=\d+$/)
      await page.getByRole('button', { name: 'Mark as unread' }).click()
      await page.getByRole('link', { name: 'Inbox, 5 unread' }).waitFor()
      await page.getByRole('button', { name: 'Mark all as read' }).click()
      await page.getByRole('link', { name: 'Inbox', exact: true }).first().waitFor()
      assert.equal(await page.title(), 'Belfry')
      await page.getByRole('button', { name: 'Mark all as read' }).waitFor({ state: 'detached' })
    },
  },
  {
    name: 'the keyboard does everything',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('j')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('k')
      await page.keyboard.press('j')
      assert.ok(!page.url().includes('messageId'), 'moving opens nothing')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: /今晚 22:00/ }).waitFor()
      // Only once it has been seen is it read, and can be marked unread.
      await page.getByRole('button', { name: 'Mark as unread' }).waitFor()
      await page.keyboard.press('Tab')
      const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim())
      assert.equal(await focused(), 'Mark as unread')
      await page.keyboard.press('Escape')
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'listbox')
      assert.ok(page.url().includes('messageId'), 'the message stays for the first Escape')
      await page.keyboard.press('Escape')
      await page.locator('article h2').waitFor({ state: 'detached' })
    },
  },
  {
    name: 'in a narrow window Escape closes the pane and leads back to the list',
    options: { lang: 'en', width: 360, height: 640 },
    async run(page) {
      await page.getByRole('option').first().click()
      await page.locator('article h2').waitFor()
      assert.equal(await list(page).isVisible(), false)
      await page.keyboard.press('Escape')
      await list(page).waitFor()
      assert.ok(!page.url().includes('messageId'))
      await page.getByRole('option').nth(2).click()
      await page.getByRole('button', { name: 'Back to the list' }).click()
      await list(page).waitFor()
    },
  },
  {
    name: 'a popup’s click leads to the message in a window that is just opening',
    options: { lang: 'en', path: '/personal-center/inbox?messageId=9' },
    async run(page) {
      await page.locator('article h2').waitFor()
      const id = await page.evaluate(() => window.fake.arrive())
      await page.evaluate((shown) => window.fake.show(shown), id)
      await page.waitForURL((url) => url.searchParams.get('messageId') === id)
      await page.waitForFunction(() => window.fake.acts.some((act) => act.type === 'revealed'))
      assert.equal(
        await page.evaluate(() => window.fake.acts.filter((act) => act.type === 'revealed').length),
        1,
      )
    },
  },
  {
    name: 'a hostile body can do nothing and loads nothing',
    options: { lang: 'en' },
    async run(page) {
      const requests = []
      page.on('request', (request) => requests.push(request.url()))
      const id = await page.evaluate(
        (body) => window.fake.arrive({ source: 'ops', kind: 'message', title: '<b>bold?</b>', body }),
        HOSTILE,
      )
      await page.locator(`#row-${id}`).click()
      await page.getByRole('heading', { name: '<b>bold?</b>' }).waitFor()
      await page.locator('.body').waitFor()
      assert.equal(await page.locator('.body :is(img,script,iframe,style,svg,a)').count(), 0)
      assert.equal(await page.evaluate(() => window.hit), undefined)
      assert.deepEqual(
        requests.filter((url) => !url.startsWith('http://127.0.0.1')),
        [],
      )
    },
  },
  {
    name: 'a link of the text goes to the backend by its address, and the window stays where it is',
    options: { lang: 'en' },
    async run(page) {
      await page.getByRole('option').filter({ hasText: 'SSE behind nginx' }).click()
      const link = page.locator('.body').getByRole('link', { name: 'ngx_http_proxy_module' })
      const before = page.url()
      await link.click()
      await link.click({ button: 'middle' })
      await link.press('Enter')
      const opened = await page.evaluate(() => window.fake.acts.filter((act) => act.type === 'open_link'))
      assert.equal(opened.length, 2)
      assert.match(opened[0].url, /^https:\/\/nginx\.org\/en\/docs\/.*#proxy_buffering$/)
      assert.equal(page.url(), before)
      assert.equal(page.context().pages().length, 1)
    },
  },
  {
    name: 'messages are put away by key, and come back by another',
    options: { lang: 'en' },
    async run(page) {
      const rows = page.getByRole('option')
      const title = await rows.first().locator('.title').innerText()
      await page.keyboard.press('j')
      await page.keyboard.press('e')
      await page.getByText('Archived', { exact: true }).nth(1).waitFor()
      await page.getByRole('link', { name: 'Inbox, 4 unread' }).waitFor()
      await rows.filter({ hasText: title }).waitFor({ state: 'detached' })
      await page.keyboard.press('Control+z')
      await page.getByRole('link', { name: 'Inbox, 5 unread' }).waitFor()
      await rows.first().filter({ hasText: title }).waitFor()
      await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' })
      await rows.first().click()
      await page.locator('article h2').waitFor()
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.locator('article h2').waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.getByRole('option').filter({ hasText: title }).waitFor()
    },
  },
  {
    name: 'several messages are chosen by mouse and keyboard, dealt with in one act, and come back with one',
    options: { lang: 'en' },
    async run(page) {
      const rows = page.getByRole('option')
      await rows.first().click()
      await page.locator('article h2').waitFor()
      await rows.nth(2).click({ modifiers: ['Control'] })
      await page.getByText('2 selected').waitFor()
      await rows.nth(4).click({ modifiers: ['Shift'] })
      await page.getByText('3 selected').waitFor()
      assert.equal(await page.getByRole('option', { selected: true }).count(), 4, 'the open one, too')
      await page.keyboard.press('Shift+ArrowDown')
      await page.getByText('4 selected').waitFor()
      const before = await rows.count()
      await page.keyboard.press('Delete')
      await page.getByText('Deleted · 4 messages').waitFor()
      assert.equal(await rows.count(), before - 4)
      assert.equal(await list(page).evaluate((element) => element === document.activeElement), true)
      const deleted = await page.evaluate(() => window.fake.acts.filter(({ type }) => type === 'delete'))
      assert.deepEqual([deleted.length, deleted[0].ids.length], [1, 4])
      await page.keyboard.press('Control+z')
      await page.waitForFunction(
        (count) => document.querySelectorAll('[role=option]').length === count,
        before,
      )
      await page.keyboard.press('Control+a')
      await page.getByText(`${before} selected`).waitFor()
      await page.getByRole('button', { name: 'Mark as read' }).first().click()
      await page.getByRole('link', { name: 'Inbox', exact: true }).first().waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('heading', { name: 'Inbox', exact: true }).waitFor()
      await page.getByText('14 selected').waitFor({ state: 'detached' })
    },
  },
  {
    name: 'what is put off leaves the list, waits in its own, and comes back at the top with a mark',
    options: { lang: 'en' },
    async run(page) {
      const third = page.getByRole('option').nth(2)
      const id = await third.getAttribute('id')
      await third.click()
      await page.getByRole('button', { name: 'Remind me later' }).click()
      await page.getByLabel('Day', { exact: true }).selectOption({ index: 2 })
      await page.getByLabel('Time', { exact: true }).selectOption('09:30')
      await page.locator('.at').getByRole('button', { name: 'Put off' }).click()
      await page.locator(`#${id}`).waitFor({ state: 'detached' })
      await page.locator('article h2').waitFor({ state: 'detached' })
      await page.getByRole('link', { name: 'Put off 1' }).click()
      await page.locator(`#${id}`).filter({ hasText: '09:30' }).click()
      await page.getByRole('button', { name: 'Bring back now' }).click()
      await page.locator(`#${id}`).waitFor({ state: 'detached' })
      await page
        .getByRole('link', { name: /^Inbox/ })
        .nth(1)
        .click()
      assert.equal(await page.getByRole('option').first().getAttribute('id'), id)
      await page.locator(`#${id}`).getByText('Back after it was put off').waitFor()
    },
  },
  {
    name: 'conditions narrow the list together, and come off one by one',
    options: { lang: 'en' },
    async run(page) {
      const before = await page.getByRole('option').count()
      await page.getByRole('option').nth(1).click()
      await page.keyboard.press('p')
      await page.getByRole('button', { name: 'No longer pin' }).waitFor()
      await page.getByRole('button', { name: 'Filter' }).click()
      await page.getByLabel('Type').selectOption({ label: 'System' })
      await page.getByLabel('Pinned').check()
      await page.keyboard.press('Escape')
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1)
      await page.getByRole('button', { name: 'Save this list' }).click()
      await page.getByLabel('Name of the list').fill('Maintenance')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Maintenance' }).waitFor()
      await page.getByRole('button', { name: 'Rename' }).click()
      await page.getByLabel('Name of the list').fill('停机')
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: /^停机/ }).waitFor()
      await page.getByRole('button', { name: 'Without “System”' }).click()
      await page.getByRole('button', { name: 'Without “Pinned”' }).click()
      await page.waitForFunction(
        (count) => document.querySelectorAll('[role=option]').length === count,
        before,
      )
      await page.getByRole('link', { name: /^停机/ }).click()
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1)
      await page.getByRole('button', { name: 'Forget this list' }).click()
      await page.getByRole('link', { name: /^停机/ }).waitFor({ state: 'detached' })
    },
  },
  {
    name: 'a search finds Chinese as it is typed, marks it, and goes away with Escape',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('/')
      await page.keyboard.type('报表')
      await page.getByRole('heading', { name: 'Results' }).waitFor()
      await page.locator('mark').first().waitFor()
      assert.equal(await page.locator('mark').first().innerText(), '报表')
      assert.equal(await page.getByRole('option').count(), 1)
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.locator('article h2').filter({ hasText: '十一月报表' }).waitFor()
      assert.match(page.url(), /q=/)
      await page.keyboard.press('/')
      await page.keyboard.type('no such thing')
      await page.getByText('Nothing found').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('heading', { name: 'Inbox', exact: true }).waitFor()
    },
  },
  {
    name: 'a source shows its own messages and itself',
    options: { lang: 'en' },
    async run(page) {
      await page.getByRole('link', { name: /^运维告警 ntfy/ }).click()
      await page.getByRole('heading', { name: '运维告警 ntfy' }).first().waitFor()
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 4)
      await page.getByText('https://ops.example.org').waitFor()
      await page.getByRole('option').first().click()
      await page.locator('article h2').waitFor()
      assert.match(page.url(), /source=ops&messageId=\d+$/)
      await page.getByRole('link', { name: 'About this source' }).click()
      await page.getByText('https://ops.example.org').waitFor()
    },
  },
  {
    name: 'two megabytes of hostile Markdown do not hold the window up',
    options: { lang: 'en' },
    async run(page) {
      const id = await page.evaluate(() =>
        window.fake.arrive({ source: 'ops', kind: 'message', title: 'long', body: '!['.repeat(1_000_000) }),
      )
      const before = Date.now()
      await page.locator(`#row-${id}`).click()
      await page.getByRole('button', { name: 'Show all (2,000,000 characters)' }).click()
      await page.locator('.part').nth(200).waitFor({ state: 'attached' })
      await page.getByRole('option').nth(2).click()
      await page.locator('.body').waitFor()
      assert.ok(Date.now() - before < 4_000, `took ${Date.now() - before} ms`)
    },
  },
  {
    name: 'theme and language change at once',
    options: {},
    async run(page) {
      await page.getByRole('link', { name: '设置' }).click()
      await page.getByText('深色', { exact: true }).click()
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
      await page.getByText('English', { exact: true }).click()
      await page.getByRole('heading', { name: 'Appearance', exact: true }).waitFor()
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'en')
      await page.keyboard.press('Escape')
      await page.getByRole('heading', { name: 'Inbox', exact: true }).waitFor()
    },
  },
  {
    name: 'the system’s theme is followed as it changes',
    options: { theme: 'system' },
    async run(page) {
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'light')
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
    },
  },
  {
    name: 'quiet hours are painted with the pointer, and a source is dragged to another place',
    options: { path: '/settings/notifications', lang: 'en' },
    async run(page) {
      const cell = (name) => page.getByRole('gridcell', { name, exact: true })
      await cell('Monday, 22–23').scrollIntoViewIfNeeded()
      const from = await cell('Monday, 22–23').boundingBox()
      const to = await cell('Tuesday, 23–24').boundingBox()
      await page.mouse.move(from.x + 4, from.y + 4)
      await page.mouse.down()
      await page.mouse.move(to.x + 4, from.y + 4, { steps: 4 })
      await page.mouse.move(to.x + 4, to.y + 4, { steps: 4 })
      await page.mouse.up()
      await page.waitForFunction(() => window.fake.present().preferences.notifications.quiet.length > 0)
      const quiet = await page.evaluate(() => window.fake.present().preferences.notifications.quiet)
      assert.deepEqual(quiet, [
        { days: ['mon'], from: '22:00', to: '00:00' },
        { days: ['tue'], from: '23:00', to: '00:00' },
      ])
      await page.getByRole('link', { name: 'Sources' }).click()
      const rows = page.locator('li[draggable=true]')
      await rows.nth(2).locator('.grip').dragTo(rows.nth(0))
      await page.waitForFunction(() => window.fake.acts.some(({ type }) => type === 'move_source'))
      const moved = await page.evaluate(() => window.fake.acts.find(({ type }) => type === 'move_source'))
      assert.deepEqual(moved, { type: 'move_source', source: 'office', to: 0 })
    },
  },
  {
    name: 'a first source is added and comes alive',
    options: { scene: 'empty', lang: 'en' },
    async run(page) {
      await page.getByLabel('Name').fill('Community')
      await page.getByLabel('Address of the API').fill('https://example.org/api')
      await page.getByLabel('Token', { exact: true }).fill('s3cret')
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.waitForURL(/\/sources\/source-1\?/)
      await page.getByText('Connected', { exact: true }).first().waitFor()
      assert.equal(await page.evaluate(() => document.documentElement.outerHTML.includes('s3cret')), false)
    },
  },
  {
    name: 'a server that does not take the token is said so before anything is added',
    options: { path: '/sources/new', lang: 'en' },
    async run(page) {
      await page.getByLabel('Name').fill('Forum')
      await page.getByLabel('Address of the API').fill('https://forum.example.org/api')
      await page.getByLabel('Token', { exact: true }).fill('wrong')
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.getByText('The server does not accept this token.').waitFor()
      assert.equal(await page.getByLabel('Token', { exact: true }).inputValue(), 'wrong')
      const acts = await page.evaluate(() => window.fake.acts.filter(({ type }) => type !== 'attend'))
      assert.deepEqual(acts, [])
      await page.getByLabel('Token', { exact: true }).fill('right')
      await page.getByText('The server does not accept this token.').waitFor({ state: 'detached' })
      await page.getByLabel('Name').fill('开发者社区')
      await page.keyboard.press('Enter')
      await page.getByText('Another source has this name already.').waitFor()
      assert.equal(await page.getByLabel('Token', { exact: true }).inputValue(), 'right')
    },
  },
  {
    name: 'a report leaves the buttons in view, and can be left',
    options: { path: '/sources/new', lang: 'en', height: 560 },
    async run(page) {
      await page.getByLabel('Name').fill('Forum')
      await page.getByLabel('Address of the API').fill('https://forum.example.org/api')
      await page.getByLabel('Token', { exact: true }).fill('wrong')
      await page.getByRole('button', { name: 'Connect' }).click()
      const sentence = page.getByText('The server does not accept this token.')
      await sentence.waitFor()
      const cancel = page.getByRole('button', { name: 'Cancel' })
      const [said, button] = [await sentence.boundingBox(), await cancel.boundingBox()]
      assert.ok(said.y > 0 && said.y + said.height <= button.y, `${said.y}, ${button.y}`)
      assert.ok(button.y + button.height <= 560, `${button.y}`)
      await cancel.click()
      await page.waitForURL(/\/inbox$/)
    },
  },
  {
    name: 'a weaker act leaves a delete to be taken back, and the keyboard goes to what is back',
    options: { lang: 'en' },
    async run(page) {
      await page.keyboard.press('j')
      const id = await page.locator('.row.active').getAttribute('id')
      await page.keyboard.press('Delete')
      await page.locator(`#${id}`).waitFor({ state: 'detached' })
      await page.keyboard.press('u')
      await page.getByText(/^Marked as/).waitFor()
      await page.keyboard.press('Control+z')
      await page.getByText('Deleted', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.locator(`#${id}.active`).waitFor()
      assert.equal(await list(page).evaluate((element) => element === document.activeElement), true)
    },
  },
  {
    name: 'a source that is removed while it is listed leaves the inbox',
    options: { lang: 'en', path: '/inbox?source=community' },
    async run(page) {
      await page.getByRole('heading', { name: '开发者社区' }).first().waitFor()
      await page.evaluate(() => window.fake.act({ type: 'remove_source', source: 'community' }))
      await page.waitForURL(/\/inbox$/)
      await page.getByRole('heading', { name: 'Inbox', exact: true }).waitFor()
      await page.getByRole('option').first().waitFor()
    },
  },
  {
    name: 'a refused token is asked for again, and a good one ends it',
    options: { scene: 'signin', lang: 'en' },
    async run(page) {
      const field = page.getByLabel('Token', { exact: true })
      await field.fill('wrong')
      await page.getByRole('region').getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('The server did not accept the token.').first().waitFor()
      assert.equal(await field.inputValue(), '')
      await field.fill('right')
      await page.keyboard.press('Enter')
      await page.getByText('Connecting…').first().waitFor()
    },
  },
  {
    name: 'a flood of messages leaves the window responsive',
    options: { scene: 'many', lang: 'en' },
    async run(page) {
      await page.evaluate(() => {
        for (let n = 0; n < 60; n += 1) window.fake.arrive()
      })
      const before = Date.now()
      await page.getByRole('option').nth(3).click()
      await page.locator('article h2').waitFor()
      assert.ok(Date.now() - before < 3_000, `took ${Date.now() - before} ms`)
    },
  },
]
