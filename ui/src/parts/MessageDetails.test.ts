import { describe, expect, it } from 'vitest'

import { Fake } from '../bridge/fake'
import type { MessageDetail } from '../bridge/generated/MessageDetail'
import { stage } from '../test/mount'
import MessageDetails from './MessageDetails.vue'

function detail(change: Partial<MessageDetail['message']> = {}): MessageDetail {
  const fake = new Fake()
  const known = fake.mailbox.detail(fake.arrive() ?? '')
  const times = { sent_at: '2026-11-22T01:00:00Z', received_at: '2026-11-22T01:00:02Z' }
  return { ...known, message: { ...known.message, ...times, ...change } }
}

async function shown(of: MessageDetail): Promise<{ steps: string[]; text: string }> {
  const { wrapper } = await stage(MessageDetails, { detail: of })
  const steps = wrapper.findAll('li span:first-of-type').map((step) => step.text())
  return { steps: steps.filter((step) => step !== ''), text: wrapper.text() }
}

describe('what became of a message', () => {
  it('is told in the order in which it happened, with the reasons', async () => {
    const of = detail({ via: 'replay', read_at: '2026-11-22T01:00:09Z' })
    const { steps } = await shown({
      ...of,
      announced: [
        {
          occasion: 'arrival',
          state: 'suppressed',
          why: { rule: 2 },
          at: '2026-11-22T01:00:03Z',
          shown: null,
        },
        {
          occasion: 'update',
          state: 'clicked',
          why: 'paused',
          at: '2026-11-22T01:00:08Z',
          shown: { at: '2026-11-22T01:00:05Z', grounds: { let_through: 3 } },
        },
      ],
    })
    expect(steps.map((step) => step.replace(/\s+/g, ' '))).toEqual([
      'Sent',
      'Received after reconnecting',
      'it arrived: no notification Rule 2 decided.',
      'Rule 2 decided.',
      'it changed: a notification was shown Notifications were paused. Rule 3 let it through.',
      'Notifications were paused. Rule 3 let it through.',
      'it changed: you clicked on the notification',
      'Read',
    ])
  })

  it('says once when it was announced where nothing came after that', async () => {
    const at = '2026-11-22T01:00:05Z'
    const { steps } = await shown({
      ...detail(),
      announced: [
        { occasion: 'arrival', state: 'summarised', why: null, at, shown: { at, grounds: 'urgent' } },
      ],
    })
    expect(steps.filter((step) => step.startsWith('it arrived'))).toHaveLength(1)
    expect(steps).toContain('It is urgent and was let through.')
  })

  it('says that nothing was to be announced', async () => {
    expect((await shown({ ...detail(), announced: [] })).text).toContain('It was never to be announced')
  })

  it('shows what the server sent, to the last space, and as text', async () => {
    const payload = '{ "title":"<b>x</b>",\n\t"isRead" : false }'
    const { wrapper } = await stage(MessageDetails, { detail: { ...detail(), payload } })
    expect(wrapper.find('pre').element.textContent).toBe(payload)
  })

  it('shows what is kept where that is all, unknown fields as they came', async () => {
    const { text } = await shown({
      ...detail({ remote_id: '7', extra: { mood: { x: [1, null] } } }),
      payload: null,
    })
    const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
    expect(JSON.parse(json)).toMatchObject({ id: '7', mood: { x: [1, null] } })
  })
})
