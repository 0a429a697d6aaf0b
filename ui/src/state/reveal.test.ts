import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { createMemoryHistory, type Router } from 'vue-router'

import { Fake } from '../bridge/fake'
import { makeRouter } from '../routes'
import { until } from '../test/mount'
import { createBelfry, type Belfry } from './belfry'
import { followReveal } from './reveal'
import { DWELL, whenSeen } from './seen'

describe('what the window is asked to show', () => {
  let fake: Fake
  let belfry: Belfry
  let router: Router

  beforeEach(async () => {
    fake = new Fake()
    belfry = createBelfry(fake)
    router = makeRouter(createMemoryHistory(), { render: () => null })
    await router.push('/inbox?tab=unread')
  })
  const acknowledged = () => fake.acts.filter((action) => action.type === 'revealed')

  it('is shown even if it was asked before the window was there', async () => {
    fake.show('5')
    await belfry.start()
    followReveal(belfry, router)
    await until(() => acknowledged().length > 0, 'it is acknowledged')
    expect(router.currentRoute.value.fullPath).toBe('/inbox?messageId=5')
    expect(acknowledged()).toEqual([{ type: 'revealed', seq: 1 }])
  })

  it('is acknowledged once, however often views repeat it', async () => {
    await belfry.start()
    followReveal(belfry, router)
    fake.show('5')
    for (let repeated = 0; repeated < 3; repeated += 1) {
      await nextTick()
      fake.send(fake.present())
    }
    await until(() => belfry.view.value?.reveal === null, 'it is cleared')
    expect(acknowledged()).toEqual([{ type: 'revealed', seq: 1 }])
  })

  it('can be the same message twice', async () => {
    await belfry.start()
    followReveal(belfry, router)
    fake.show('5')
    await until(() => acknowledged().length === 1, 'the first is acknowledged')
    await router.push('/inbox')
    fake.show('5')
    await until(() => acknowledged().length === 2, 'the second is acknowledged')
    expect(router.currentRoute.value.query).toEqual({ messageId: '5' })
  })

  it('waits for the user where a link asked for it', async () => {
    const seen = vi.fn()
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    await belfry.start()
    followReveal(belfry, router)
    fake.show('5', null, 'inbox', 'link')
    await until(() => acknowledged().length > 0, 'it is acknowledged')
    whenSeen(seen)
    await new Promise((later) => setTimeout(later, 2 * DWELL))
    expect(seen).not.toHaveBeenCalled()
    document.dispatchEvent(new Event('pointerdown'))
    await until(() => seen.mock.calls.length > 0, 'it is seen')
  })

  it('is the settings', async () => {
    await belfry.start()
    followReveal(belfry, router)
    fake.show(null, null, 'settings')
    await until(() => acknowledged().length > 0, 'it is acknowledged')
    expect(router.currentRoute.value.name).toBe('settings')
  })

  it('is the list that a link names', async () => {
    await belfry.start()
    followReveal(belfry, router)
    await router.push('/inbox?messageId=5')
    fake.show(null, { type: 'unread' })
    await until(() => acknowledged().length === 1, 'it is acknowledged')
    expect(router.currentRoute.value.fullPath).toBe('/inbox?tab=unread')
  })

  it('is the inbox as it is when no message is named', async () => {
    await belfry.start()
    followReveal(belfry, router)
    await router.push('/sources/new')
    fake.show(null)
    await until(() => acknowledged().length === 1, 'it is acknowledged')
    expect(router.currentRoute.value.fullPath).toBe('/inbox')
  })
})
