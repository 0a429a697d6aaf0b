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
]
