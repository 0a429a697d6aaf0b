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
    name: 'images: nothing is loaded until it is asked for, and then not by the window',
    options: { lang: 'en' },
    async run(page) {
      const requests = []
      page.on('request', (request) => requests.push(request.url()))
      await arrive(page, 'Look:\n\n![load](/charts/load.png)\n\n![gone](https://b.example/gone.gif)')
      assert.equal(await page.locator('.body img').count(), 0)
      const button = page.getByRole('button', { name: 'Show the image: load' })
      await button.focus()
      await page.keyboard.press('Enter')
      await page.locator('.body img').waitFor()
      assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('image')), true)
      const drawn = await page.locator('.body img').evaluate((image) => [image.naturalWidth, image.alt])
      assert.deepEqual(drawn, [480, 'Show the image: load'])
      await page.getByRole('button', { name: 'Show the image: gone' }).click()
      await page.getByText('The image could not be loaded').waitFor()
      assert.deepEqual(
        requests.filter((url) => !url.startsWith('http://127.0.0.1') && !url.startsWith('data:')),
        [],
      )
    },
  },
  {
    name: 'details: a key shows what became of a message and what is kept of it',
    options: { lang: 'en' },
    async run(page) {
      await arrive(page, 'text')
      await page.keyboard.press('d')
      const details = page.getByRole('region', { name: 'Details' })
      await details.getByText('it arrived: a notification was shown').waitFor()
      await details.getByText('"content":"text"').waitFor()
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
  ...['en', 'zh-CN'].map((lang) => ({
    name: `tools: none is cut off and no word of them in half, however wide the window, in ${lang}`,
    options: { lang },
    async run(page) {
      await arrive(page, 'text')
      const bar = page.locator('.reading .bar')
      // What is put off has one tool more.
      for (const putOff of [false, true]) {
        if (putOff) {
          await bar.getByRole('button', { expanded: false }).first().click()
          await bar.locator('.spans button').first().click()
          await page.setViewportSize({ width: 1080, height: 700 })
          await page.locator("a.entry[href*='tab=snoozed']").click()
          await page.getByRole('option').first().click()
          await bar.waitFor()
        }
        for (let width = 360; width <= 1600; width += 20) {
          await page.setViewportSize({ width, height: 700 })
          const wrong = await bar.evaluate((all) => {
            const end = all.getBoundingClientRect().right
            const tools = [...all.querySelectorAll('.tool')]
            const beyond = tools.filter((tool) => tool.getBoundingClientRect().right > end)
            return [...beyond, ...tools.filter((tool) => tool.scrollWidth > tool.clientWidth)].map(
              (tool) => tool.ariaLabel,
            )
          })
          assert.deepEqual(wrong, [], `at ${width} px, put off: ${putOff}`)
        }
      }
    },
  })),
]
