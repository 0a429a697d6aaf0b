import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { Fake } from '../bridge/fake'
import { stage } from '../test/mount'
import PaneColumn from './PaneColumn.vue'

async function pane(openId: string | null, fake = new Fake()): Promise<VueWrapper> {
  const props = { openId, route: 'inbox', sourceId: null, first: false, index: 0, total: 14 }
  const { wrapper } = await stage(PaneColumn, { view: fake.present(), ...props }, { fake })
  await flushPromises()
  return wrapper
}

const text = async (openId: string | null) => (await pane(openId)).text().replace(/\s+/g, '')

describe('the third column', () => {
  it('names the keys while nothing is open', async () => {
    for (const words of ['EArchive', 'UMark as read or unread', '/Search', 'CtrlKCommand palette']) {
      expect(await text(null)).toContain(words.replace(/\s+/g, ''))
    }
  })

  it('shows that a message is awaited, and nothing is open', async () => {
    const fake = new Fake()
    fake.answers = 'never'
    expect((await pane('3', fake)).findAll('.ghost').length).toBeGreaterThan(3)
    expect((await pane(null)).find('.ghost').exists()).toBe(false)
    expect((await pane('3')).find('.ghost').exists()).toBe(false)
  })

  it('says of a message that is not there that it is not', async () => {
    expect(await text('9999')).toContain('Thismessageisnolongerhere')
  })
})
