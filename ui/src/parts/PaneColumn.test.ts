import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { Fake } from '../bridge/fake'
import { stage } from '../test/mount'
import PaneColumn from './PaneColumn.vue'

async function text(openId: string | null): Promise<string> {
  const fake = new Fake()
  const props = { openId, route: 'inbox', sourceId: null, first: false, index: 0, total: 14 }
  const { wrapper } = await stage(PaneColumn, { view: fake.present(), ...props }, { fake })
  await flushPromises()
  return wrapper.text().replace(/\s+/g, '')
}

describe('the third column', () => {
  it('names the keys while nothing is open', async () => {
    for (const words of ['EArchive', 'UMark as read or unread', '/Search', 'CtrlKCommand palette']) {
      expect(await text(null)).toContain(words.replace(/\s+/g, ''))
    }
  })

  it('says of a message that is not there that it is not', async () => {
    expect(await text('9999')).toContain('Thismessageisnolongerhere')
  })
})
