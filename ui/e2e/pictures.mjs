// What is looked at: each scene in both themes, both languages and three widths, without every product of
// them.

/** Until the opened message counts as read. */
const read = (page) => page.locator('.row.open.unread').waitFor({ state: 'detached' })
const first = async (page) => {
  await page.getByRole('option').first().click()
  await page.locator('article h2').waitFor()
  await read(page)
}
const ghosts = (page) => page.locator('.ghost').first().waitFor()
const message = (title) => async (page) => {
  await page.getByRole('option').filter({ hasText: title }).click()
  await page.locator('article h2').filter({ hasText: title }).waitFor()
  await read(page)
}

const wide = { width: 1600, height: 900 }
const narrow = { width: 360, height: 700 }
const scaled = { width: 540, height: 350, media: { deviceScaleFactor: 2 } }
/** A window as before, on screens that draw it larger. */
const scaled125 = { width: 864, height: 560, media: { deviceScaleFactor: 1.25 } }
const scaled150 = { width: 720, height: 466, media: { deviceScaleFactor: 1.5 } }
const dark = { theme: 'dark' }
const en = { lang: 'en' }

export const pictures = [
  { name: 'reading-light-zh', options: {}, prepare: first },
  { name: 'reading-dark-zh', options: dark, prepare: first },
  { name: 'reading-light-en', options: en, prepare: message('SSE behind nginx') },
  {
    name: 'reading-dark-en-1600',
    options: { ...dark, ...en, ...wide },
    prepare: message('SSE behind nginx'),
  },
  { name: 'reading-light-zh-1600', options: wide, prepare: message('十一月报表') },
  { name: 'reading-light-zh-360', options: narrow, prepare: message('今晚 22:00') },
  {
    name: 'reading-dark-en-360',
    options: { ...dark, ...en, ...narrow },
    prepare: message('SSE behind nginx'),
  },
  { name: 'reading-refused-light-en', options: en, prepare: message('新设备登录') },
  { name: 'reading-list-light-zh', options: {}, prepare: message('PO-2026-1187') },
  {
    name: 'chosen-light-en',
    options: en,
    prepare: async (page) => {
      await page
        .getByRole('option')
        .nth(1)
        .click({ modifiers: ['Control'] })
      await page
        .getByRole('option')
        .nth(3)
        .click({ modifiers: ['Shift'] })
      await page.getByText('3 selected').waitFor()
    },
  },
  {
    name: 'chosen-dark-zh-360',
    options: { ...dark, ...narrow },
    prepare: async (page) => {
      await page
        .getByRole('option')
        .nth(1)
        .click({ modifiers: ['Control'] })
      await page.getByRole('toolbar').getByRole('button').nth(4).click()
    },
  },
  {
    name: 'everything-light-zh',
    options: { scene: 'many' },
    prepare: async (page) => {
      await page.getByRole('listbox').focus()
      await page.keyboard.press('Control+a')
      await page.getByRole('button', { name: '选择全部匹配的 100,000 条' }).waitFor()
    },
  },
  {
    name: 'everything-dark-en-360',
    options: { ...dark, ...en, ...narrow, scene: 'many' },
    prepare: async (page) => {
      await page.getByRole('listbox').focus()
      await page.keyboard.press('Control+a')
      await page.getByRole('button', { name: 'Select all 100,000 that match' }).waitFor()
    },
  },
  {
    name: 'filter-light-en',
    options: { ...en, scene: 'saved', path: '/inbox?priority=4&days=7' },
    prepare: (page) => page.getByRole('button', { name: 'Filter' }).click(),
  },
  {
    name: 'filter-dates-dark-zh-360',
    options: {
      ...dark,
      ...narrow,
      path: '/inbox?since=2026-11-19T16:00:00.000Z&until=2026-11-21T16:00:00.000Z',
    },
    prepare: (page) => page.getByRole('button', { name: /^筛选/ }).click(),
  },
  {
    name: 'opening-light-en',
    options: en,
    prepare: async (page) => {
      await page.getByRole('option').first().waitFor()
      await page.evaluate(() => (window.fake.answers = 'never'))
      await page.getByRole('option').first().click()
      await page.locator('.ghost').first().waitFor()
    },
  },
  {
    name: 'marks-light-zh',
    options: {},
    prepare: async (page) => {
      const mark = (source, change) =>
        page.evaluate((act) => window.fake.act(act), {
          type: 'edit_source',
          source,
          change: { mark: change },
        })
      await mark('community', { colour: 'teal', icon: null })
      await mark('ops', { colour: 'orange', icon: 'cloud' })
      await page.locator('.from svg').first().waitFor()
    },
  },
  {
    name: 'saved-dark-zh-360',
    options: { ...dark, ...narrow, scene: 'saved', path: '/inbox?of=deploy&unread=1' },
    prepare: (page) => page.getByRole('button', { name: '保存此列表' }).click(),
  },
  {
    name: 'snoozed-light-zh',
    options: {},
    prepare: async (page) => {
      await page.evaluate(() => window.fake.act({ type: 'snooze', ids: ['12', '14'], span: 'tomorrow' }))
      await page.getByRole('link', { name: /^稍后提醒/ }).click()
      await page.getByRole('option').first().click()
      await page.getByRole('button', { name: '稍后提醒' }).click()
    },
  },
  { name: 'list-light-zh-360', options: narrow },
  { name: 'list-dark-en-360', options: { ...dark, ...en, ...narrow } },
  { name: 'default-light-zh-800', options: { width: 800, height: 640 } },
  { name: 'default-dark-en', options: { ...dark, ...en } },
  {
    name: 'drawer-light-zh-360',
    options: narrow,
    prepare: (page) => page.getByRole('button', { name: '显示分类' }).click(),
  },
  {
    name: 'unread-light-zh',
    options: { path: '/inbox?tab=unread' },
    prepare: async (page) => {
      await page.getByRole('option').nth(1).click()
      await page.locator('article h2').waitFor()
      await read(page)
    },
  },
  { name: 'kind-empty-dark-zh', options: { ...dark, path: '/inbox?tab=kind&kind=ticket' } },
  { name: 'empty-light-zh', options: { scene: 'empty' } },
  { name: 'empty-dark-en', options: { scene: 'empty', ...dark, ...en } },
  {
    name: 'empty-wrong-light-zh',
    options: { scene: 'empty' },
    prepare: async (page) => {
      await page.getByLabel('接口地址').fill('example.org')
      await page.getByRole('button', { name: '连接' }).click()
    },
  },
  { name: 'empty-light-en-360', options: { scene: 'empty', ...en, ...narrow } },
  { name: 'add-source-light-zh', options: { path: '/sources/new' } },
  {
    name: 'add-source-failed-light-zh',
    options: { path: '/sources/new', height: 640 },
    prepare: async (page) => {
      await page.getByLabel('名称').fill('论坛')
      await page.getByLabel('接口地址').fill('https://forum.example.org/api')
      await page.getByLabel('令牌', { exact: true }).fill('wrong')
      await page.getByRole('button', { name: '连接' }).click()
      await page.getByText('连接尚不可用').waitFor()
    },
  },
  {
    name: 'add-source-password-dark-en-360',
    options: { ...dark, ...en, ...narrow, height: 900, path: '/sources/new' },
    prepare: async (page) => {
      await page.getByText('Use a password').click()
      await page.getByRole('button', { name: 'Connect' }).click()
    },
  },
  {
    name: 'source-checked-dark-en',
    options: { ...dark, ...en, height: 900, path: '/inbox?source=ops' },
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Check the connection' }).click()
      await page.locator('.probe').waitFor()
    },
  },
  { name: 'list-light-en-640', options: { ...en, width: 640, height: 700 } },
  {
    name: 'search-archived-light-en',
    options: en,
    prepare: async (page) => {
      await first(page)
      await page.keyboard.press('e')
      await page.getByRole('button', { name: 'Undo' }).waitFor()
      await page.getByRole('textbox', { name: 'Search messages' }).fill('a')
      await page.locator('.row .archived').first().waitFor()
    },
  },
  { name: 'quiet-light-zh', options: { scene: 'quiet' } },
  { name: 'quiet-dark-en-1600', options: { scene: 'quiet', ...dark, ...en, ...wide } },
  { name: 'offline-light-zh', options: { scene: 'offline' } },
  { name: 'offline-dark-en', options: { scene: 'offline', ...dark, ...en }, prepare: first },
  { name: 'offline-light-en-360', options: { scene: 'offline', ...en, ...narrow } },
  { name: 'signin-light-zh', options: { scene: 'signin' } },
  { name: 'signin-dark-en', options: { scene: 'signin', ...dark, ...en } },
  {
    name: 'signin-light-zh-360',
    options: { scene: 'signin', ...narrow },
    prepare: (page) => page.getByRole('link', { name: '需要登录' }).click(),
  },
  { name: 'connecting-light-zh', options: { scene: 'connecting' } },
  { name: 'polling-dark-zh', options: { scene: 'polling', ...dark } },
  { name: 'session-light-zh', options: { scene: 'session' }, prepare: first },
  { name: 'session-dark-en', options: { scene: 'session', ...dark, ...en, path: '/sources/community' } },
  { name: 'source-gap-light-zh', options: { path: '/inbox?source=ops' } },
  { name: 'source-light-en-360', options: { ...en, ...narrow, path: '/inbox?source=ops' } },
  {
    name: 'snooze-light-zh',
    options: {},
    prepare: async (page) => {
      await first(page)
      await page.getByRole('button', { name: '稍后提醒' }).click()
      await page.getByRole('button', { name: '一小时后' }).waitFor()
    },
  },
  {
    name: 'snoozed-dark-en-360',
    options: { ...dark, ...en, ...narrow },
    prepare: async (page) => {
      await first(page)
      await page.getByRole('button', { name: 'Remind me later' }).click()
      await page.getByRole('button', { name: 'Tomorrow' }).click()
      await page.getByRole('button', { name: 'Undo' }).waitFor()
    },
  },
  {
    name: 'undo-dark-en',
    options: { ...dark, ...en },
    prepare: async (page) => {
      await first(page)
      await page.getByRole('button', { name: 'Archive' }).click()
      await page.getByRole('button', { name: 'Undo' }).waitFor()
    },
  },
  {
    name: 'archived-light-zh-360',
    options: { ...narrow },
    prepare: async (page) => {
      await first(page)
      await page.getByRole('button', { name: '归档' }).click()
      await page.getByRole('button', { name: '显示分类' }).click()
      await page.getByRole('link', { name: '已归档' }).click()
      await page.getByRole('option').waitFor()
    },
  },
  { name: 'loading-light-zh', options: { scene: 'loading', path: '/inbox?messageId=9' }, prepare: ghosts },
  { name: 'loading-dark-en-360', options: { scene: 'loading', ...dark, ...en, ...narrow }, prepare: ghosts },
  { name: 'failing-light-zh', options: { scene: 'failing', path: '/inbox?messageId=9' } },
  { name: 'failing-dark-en-360', options: { scene: 'failing', ...dark, ...en, ...narrow } },
  { name: 'gap-light-zh', options: { scene: 'gap' }, prepare: first },
  { name: 'gap-dark-en', options: { scene: 'gap', ...dark, ...en, path: '/sources/community' } },
  // A window of 1,080 × 700 at 200 %.
  { name: 'scaled-list-light-zh', options: scaled },
  { name: 'scaled-reading-dark-en', options: { ...scaled, ...dark, ...en }, prepare: first },
  { name: 'scaled-reading-light-zh', options: scaled, prepare: first },
  { name: 'scaled-settings-light-en', options: { ...scaled, ...en, path: '/settings/notifications' } },
  {
    name: 'scaled-palette-light-en',
    options: { ...scaled, ...en },
    prepare: (page) => page.keyboard.press('Control+k'),
  },
  { name: 'scaled-125-light-zh', options: scaled125, prepare: first },
  { name: 'scaled-125-light-en', options: { ...scaled125, ...en }, prepare: first },
  { name: 'scaled-150-light-zh', options: scaled150, prepare: first },
  { name: 'scaled-150-dark-en', options: { ...scaled150, ...dark, ...en }, prepare: first },
  { name: 'scaled-150-settings-light-zh', options: { ...scaled150, path: '/settings/notifications' } },
  { name: 'scaled-empty-light-zh', options: { ...scaled, scene: 'empty' } },
  { name: 'broken-light-zh', options: { scene: 'broken' } },
  { name: 'broken-dark-en-360', options: { scene: 'broken', ...dark, ...en, ...narrow } },
  { name: 'settings-appearance-light-zh', options: { path: '/settings' } },
  { name: 'settings-appearance-dark-en-360', options: { ...dark, ...en, ...narrow, path: '/settings' } },
  {
    name: 'search-light-zh',
    options: {},
    prepare: async (page) => {
      await page.getByRole('textbox', { name: '搜索消息' }).fill('回复')
      await page.locator('mark').first().waitFor()
    },
  },
  {
    name: 'search-dark-en-360',
    options: { ...dark, ...en, ...narrow, path: '/inbox?q=nginx' },
    prepare: (page) => page.locator('mark').first().waitFor(),
  },
  {
    name: 'search-within-light-zh',
    options: { path: '/inbox?tab=kind&kind=reply&q=nginx' },
    prepare: (page) => page.locator('mark').first().waitFor(),
  },
  {
    name: 'search-within-none-dark-en-360',
    options: { ...dark, ...en, ...narrow, path: '/inbox?tab=archived&q=nginx' },
  },
  { name: 'search-none-light-en', options: { ...en, path: '/inbox?q=zebra' } },
  { name: 'settings-notifications-light-zh', options: { height: 1200, path: '/settings/notifications' } },
  {
    name: 'settings-notifications-dark-zh',
    options: { ...dark, height: 1200, path: '/settings/notifications' },
  },
  {
    name: 'settings-notifications-light-en',
    options: { ...en, height: 1200, path: '/settings/notifications' },
  },
  {
    name: 'settings-notifications-dark-en-360',
    options: { ...dark, ...en, ...narrow, height: 1500, path: '/settings/notifications' },
  },
  ...[
    { name: 'settings-rules-light-zh', options: { height: 1500, path: '/settings/notifications' } },
    {
      name: 'settings-rules-dark-en-360',
      options: { ...dark, ...en, ...narrow, height: 2200, path: '/settings/notifications' },
    },
  ].map((picture) => ({
    ...picture,
    prepare: async (page) => {
      await page.getByRole('button', { name: /添加规则|Add a rule/ }).click()
      await page.getByRole('button', { name: /添加免打扰时段|Add quiet hours/ }).click()
      await page.locator('.rule').waitFor()
      await page.locator('.rule select').last().selectOption('show')
      await page.locator('.rule .sound select').selectOption('file')
      await page.locator('.span .day').first().waitFor()
    },
  })),
  { name: 'storage-light-zh', options: { scene: 'storage' }, prepare: first },
  { name: 'storage-dark-en-360', options: { scene: 'storage', ...dark, ...en, ...narrow } },
  { name: 'set-aside-dark-zh-360', options: { scene: 'set_aside', ...dark, ...narrow } },
  { name: 'set-aside-light-en', options: { scene: 'set_aside', ...en }, prepare: first },
  { name: 'notices-dark-zh', options: { scene: 'notices', ...dark }, prepare: first },
  { name: 'notices-light-en-360', options: { scene: 'notices', ...en, ...narrow } },
  { name: 'paused-light-zh', options: { scene: 'paused' }, prepare: first },
  {
    name: 'paused-dark-en',
    options: { scene: 'paused', ...dark, ...en, height: 1200, path: '/settings/notifications' },
  },
  { name: 'paused-light-en-360', options: { scene: 'paused', ...en, ...narrow } },
  { name: 'quiet-hours-dark-en', options: { scene: 'quiet_hours', ...dark, ...en } },
  ...[
    { name: 'network-light-zh', options: { height: 1700, path: '/settings/sources/community' } },
    {
      name: 'network-dark-en-360',
      options: { ...dark, ...en, ...narrow, height: 2200, path: '/settings/sources/community' },
    },
  ].map((picture) => ({
    ...picture,
    prepare: (page) => page.locator('.network summary').click(),
  })),
  { name: 'settings-storage-light-zh', options: { path: '/settings/storage' } },
  { name: 'settings-storage-dark-en', options: { ...dark, ...en, path: '/settings/storage' } },
  {
    name: 'settings-storage-light-en-360',
    options: { ...en, ...narrow, path: '/settings/storage' },
    prepare: (page) => page.getByRole('button', { name: 'Export all messages' }).click(),
  },
  {
    name: 'settings-storage-asked-dark-zh-360',
    options: { ...dark, ...narrow, path: '/settings/storage' },
    prepare: (page) => page.getByRole('radiogroup').getByText('30 天', { exact: true }).click(),
  },
  {
    name: 'settings-storage-asked-light-en',
    options: { ...en, path: '/settings/storage' },
    prepare: (page) => page.getByRole('radiogroup').getByText('30 days', { exact: true }).click(),
  },
  ...[
    ['light-en', { ...en }, 'Delete all…', 'Delete all now'],
    ['dark-zh-360', { ...dark, ...narrow }, '全部删除…', '立即全部删除'],
  ].flatMap(([name, look, ask, now]) => {
    const options = { ...look, path: '/settings/storage' }
    const asked = (page) => page.getByRole('button', { name: ask }).click()
    const deleted = async (page) => {
      await asked(page)
      await page.getByRole('button', { name: now }).click()
      await page.locator('.undo').waitFor()
    }
    return [
      { name: `settings-storage-all-asked-${name}`, options, prepare: asked },
      { name: `settings-storage-all-deleted-${name}`, options, prepare: deleted },
    ]
  }),
  { name: 'settings-sources-light-en', options: { ...en, path: '/settings/sources' } },
  { name: 'settings-sources-dark-zh-360', options: { ...dark, ...narrow, path: '/settings/sources' } },
  { name: 'settings-source-light-zh', options: { path: '/settings/sources/community', height: 1000 } },
  {
    name: 'settings-source-dark-en-360',
    options: { ...dark, ...en, ...narrow, height: 1300, path: '/settings/sources/community' },
  },
  {
    name: 'settings-remove-light-en',
    options: { ...en, height: 1000, path: '/settings/sources/office' },
    prepare: async (page) => {
      await page.getByLabel('Name').fill('开发者社区')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('button', { name: 'Remove source' }).click()
    },
  },
  {
    name: 'settings-about-dark-zh-1600',
    options: { ...dark, ...wide, path: '/settings/about' },
    prepare: (page) => page.getByText('zbus').click(),
  },
  { name: 'settings-shortcuts-light-en', options: { ...en, path: '/settings/shortcuts' } },
  { name: 'settings-shortcuts-dark-zh-360', options: { ...dark, ...narrow, path: '/settings/shortcuts' } },
  {
    name: 'settings-report-light-en-360',
    options: { ...en, ...narrow, path: '/settings/about' },
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Show the report' }).click()
      await page.getByRole('button', { name: 'Save as shown' }).click()
    },
  },
  {
    name: 'settings-delete-dark-zh',
    options: { ...dark, height: 900, path: '/settings/storage' },
    prepare: (page) => page.getByRole('button', { name: '全部删除…' }).click(),
  },
  {
    name: 'settings-advanced-light-zh',
    options: { height: 1700, path: '/settings/sources/community' },
    prepare: async (page) => {
      await page.getByRole('button', { name: '星' }).click()
      await page.getByRole('button', { name: '蓝' }).click()
      await page.getByRole('button', { name: '保存', exact: true }).click()
      await page.locator('.advanced summary').click()
    },
  },
  {
    name: 'settings-advanced-dark-en-360',
    options: { ...dark, ...en, ...narrow, height: 2100, path: '/settings/sources/community' },
    prepare: (page) => page.locator('.advanced summary').click(),
  },
  ...[
    { name: 'empty-looked-light-zh', options: { scene: 'empty', height: 1000 } },
    {
      name: 'empty-looked-dark-en-360',
      options: { ...dark, ...en, ...narrow, scene: 'empty', height: 1200 },
    },
  ].map((picture) => ({
    ...picture,
    prepare: async (page) => {
      await page.getByRole('textbox', { name: /接口地址|Address/ }).fill('https://example.org/api')
      await page.locator('.look.good').waitFor()
      await page.getByRole('button', { name: /显示一条|Show one/ }).click()
      await page.getByRole('button', { name: /^(没看到|No)$/ }).waitFor()
    },
  })),
  {
    name: 'welcome-light-en',
    options: { ...en, scene: 'empty', height: 800 },
    prepare: async (page) => {
      await page.getByLabel('Name').fill('Community')
      await page.getByLabel('Address of the API').fill('https://example.org/api')
      await page.getByLabel('Token', { exact: true }).fill('s3cret')
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.getByText('Connected', { exact: true }).first().waitFor()
    },
  },
  { name: 'settings-about-light-en', options: { ...en, path: '/settings/about' } },
  {
    name: 'many-pill-light-zh',
    options: { scene: 'many' },
    prepare: async (page) => {
      await page.getByRole('listbox').evaluate((list) => list.scrollTo(0, 2_000))
      await page.evaluate(() => [1, 2, 3].forEach(() => window.fake.arrive()))
      await page.getByRole('button', { name: '3 条新消息' }).waitFor()
    },
  },
  {
    name: 'keyboard-light-zh',
    options: {},
    prepare: async (page) => {
      await page.keyboard.press('j')
      await page.keyboard.press('j')
      await page.keyboard.press('j')
    },
  },
  {
    name: 'failure-dark-zh',
    options: { ...dark },
    prepare: async (page) => {
      await page.evaluate(() => (window.fake.failNext = 'storage'))
      await page.getByRole('button', { name: '全部标为已读' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'busy-light-en',
    options: { ...en, scene: 'slow' },
    prepare: async (page) => {
      await page.evaluate(() => (window.fake.actsTake = 60_000))
      await page.getByRole('button', { name: 'Mark all as read' }).click()
      await page.locator('[aria-busy=true]').waitFor()
    },
  },
  {
    name: 'shortcuts-light-en',
    options: en,
    prepare: (page) => page.keyboard.press('?'),
  },
  {
    name: 'shortcuts-dark-zh-360',
    options: { ...dark, ...narrow },
    prepare: (page) => page.keyboard.press('?'),
  },
  {
    name: 'palette-light-zh',
    options: {},
    prepare: (page) => page.keyboard.press('Control+k'),
  },
  {
    name: 'palette-found-dark-en-360',
    options: { ...dark, ...en, ...narrow },
    prepare: async (page) => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('设置')
    },
  },
  {
    name: 'details-light-zh',
    options: { height: 1000 },
    prepare: async (page) => {
      await first(page)
      await page.keyboard.press('d')
    },
  },
  {
    name: 'details-dark-en-360',
    options: { ...dark, ...en, ...narrow, height: 900 },
    prepare: async (page) => {
      await message('SSE behind nginx')(page)
      await page.keyboard.press('d')
    },
  },
  {
    name: 'image-light-zh',
    options: {},
    prepare: async (page) => {
      const body =
        '本周负载：\n\n![负载](/charts/load.png)\n\n![磁盘](/charts/disk.gif)\n\n![网络](/charts/net.png)'
      const id = await page.evaluate(
        (text) => window.fake.arrive({ source: 'ops', kind: 'message', title: '每周报告', body: text }),
        body,
      )
      await page.locator(`#row-${id}`).click()
      await page.getByRole('button', { name: '显示图片：负载' }).click()
      await page.locator('.body img').waitFor()
      await page.getByRole('button', { name: '显示图片：磁盘' }).click()
      await page.locator('.failed').waitFor()
    },
  },
  { name: 'gone-light-zh', options: { path: '/inbox?messageId=4242' } },
  {
    name: 'forced-colors-en',
    options: { ...en, media: { forcedColors: 'active' } },
    prepare: first,
    axe: false,
  },
  { name: 'more-contrast-dark-en', options: { ...dark, ...en, media: { contrast: 'more' } }, prepare: first },
  { name: 'more-contrast-zh', options: { media: { contrast: 'more' } }, prepare: first },
]
