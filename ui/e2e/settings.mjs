// What one types and chooses in the settings.

export const settings = [
  {
    name: 'settings: the text of a rule is typed key by key, and kept together with what is chosen after it',
    options: { lang: 'en', path: '/settings/notifications' },
    async run(page) {
      await page.getByRole('button', { name: 'Add a rule' }).click()
      await page.evaluate(() => void (window.fake.actsTake = 80))
      await page.locator('.rule input[maxlength]').click()
      await page.keyboard.type('nginx')
      await page.locator('.rule .checks .el-checkbox').first().click()
      await page.waitForFunction(() => {
        const [rule] = window.fake.present().preferences.notifications.rules
        return rule?.text === 'nginx' && rule.sticky
      })
    },
  },
  {
    name: 'settings: all messages are deleted after a second word, and come back within ten seconds',
    options: { lang: 'en', path: '/settings/storage' },
    async run(page) {
      const stored = page.locator('.figures')
      await stored.getByText('14 messages').waitFor()
      await page.getByRole('button', { name: 'Delete all…' }).click()
      await page.getByText('14 messages are deleted from this computer.').waitFor()
      await page.getByRole('button', { name: 'Delete all now' }).click()
      await stored.getByText('0 messages').waitFor()
      await page.getByText('All messages deleted').waitFor()
      await page.getByRole('button', { name: 'Undo' }).click()
      await stored.getByText('14 messages').waitFor()
    },
  },
]
