import { describe, expect, it } from 'vitest'

import type { Sample } from '../bridge/fake/samples'
import { fakeIn, stage, type Stage } from '../test/mount'
import Announcer from './Announcer.vue'

describe('what is said to those who cannot see it', () => {
  const sample = (title: string): Sample => ({ source: 'community', kind: 'reply', title, body: '' })

  async function announcer(scene: 'default' | 'empty' = 'default'): Promise<Stage> {
    const fake = fakeIn(scene)
    const on = await stage(Announcer, { view: fake.present() }, { fake })
    await fake.onView((view) => void on.wrapper.setProps({ view }))
    return on
  }

  async function said({ wrapper }: Stage): Promise<string[]> {
    await wrapper.vm.$nextTick()
    return wrapper.findAll('[role=status]').map(({ element }) => element.textContent)
  }

  it('is a message that came, and nothing at first', async () => {
    const on = await announcer()
    expect(await said(on)).toEqual(['', ''])
    on.fake.arrive(sample('Deployed'))
    expect(await said(on)).toEqual(['New message: Deployed', ''])
  })

  it('is said again where the next one has the same title', async () => {
    const on = await announcer()
    const texts = new Set<string>()
    for (let n = 0; n < 2; n += 1) {
      on.fake.arrive(sample('Deployed'))
      const [message = ''] = await said(on)
      expect(message.trim()).toBe('New message: Deployed')
      texts.add(message)
    }
    expect(texts.size, 'what does not change is not said').toBe(2)
  })

  it('is the number where several came at once, also more than a view has', async () => {
    const on = await announcer()
    on.fake.arriveMany(3)
    expect((await said(on))[0]).toBe('3 new messages')
    on.fake.arriveMany(40)
    expect((await said(on))[0]).toBe('40 new messages')
  })

  it('is not what is only read or put away', async () => {
    const on = await announcer()
    const [first] = on.fake.present().newest
    await on.fake.act({ type: 'archive', ids: [first?.id ?? ''] })
    await on.fake.act({ type: 'mark_all_read' })
    expect((await said(on))[0]).toBe('')
  })

  it('is the state of the connection when it changes', async () => {
    const on = await announcer()
    await on.wrapper.setProps({ view: { ...on.fake.present(), connection: 'offline' } })
    expect(await said(on)).toEqual(['', 'Connection: Offline'])
  })
})
