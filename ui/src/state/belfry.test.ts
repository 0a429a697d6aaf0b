import { describe, expect, it } from 'vitest'

import type { Backend } from '../bridge/backend'
import { Fake } from '../bridge/fake'
import type { View } from '../bridge/generated/View'
import { createBelfry } from './belfry'

async function started(): Promise<{ fake: Fake; belfry: ReturnType<typeof createBelfry> }> {
  const fake = new Fake()
  const belfry = createBelfry(fake)
  await belfry.start()
  return { fake, belfry }
}

describe('the store', () => {
  it('ignores a view that is not newer', async () => {
    const { fake, belfry } = await started()
    const newer = fake.present()
    const stale: View = { ...newer, rev: newer.rev - 1, demo: true }
    fake.send(newer)
    fake.send(stale)
    fake.send({ ...newer, demo: true })
    expect(belfry.view.value).toMatchObject({ rev: newer.rev, demo: false })
  })

  it('subscribes before it asks, so that nothing falls between', async () => {
    const calls: string[] = []
    const fake = new Fake()
    const backend: Backend = {
      view: () => (calls.push('view'), fake.view()),
      onView: (listener) => (calls.push('onView'), fake.onView(listener)),
      query: (query) => fake.query(query),
      act: (action) => fake.act(action),
      secret: (what, credentials) => fake.secret(what, credentials),
    }
    await createBelfry(backend).start()
    expect(calls).toEqual(['onView', 'view'])
  })

  it('keeps a view that came by event while the first question was on its way', async () => {
    const fake = new Fake()
    const late = await fake.view()
    let answer: (view: View) => void = () => undefined
    const backend = Object.assign(Object.create(fake) as Fake, {
      view: () => new Promise<View>((resolve) => (answer = resolve)),
    })
    const belfry = createBelfry(backend)
    const starting = belfry.start()
    await Promise.resolve()
    const event = fake.present()
    fake.send(event)
    answer(late)
    await starting
    expect(belfry.view.value?.rev).toBe(event.rev)
  })

  it('counts nothing: after an act the numbers are those of the last view', async () => {
    const { fake, belfry } = await started()
    const before = belfry.view.value?.inbox
    fake.publishing = 'withheld'
    await belfry.act({ type: 'mark_all_read' })
    expect(belfry.view.value?.inbox).toEqual(before)
  })

  it('shows a failed act until it is dismissed', async () => {
    const { fake, belfry } = await started()
    fake.failNext = 'storage'
    expect(await belfry.act({ type: 'mark_all_read' })).toBeNull()
    expect(belfry.failure.value?.code).toBe('storage')
    belfry.dismiss()
    expect(belfry.failure.value).toBeNull()
  })

  it('says why there is no view, and recovers when asked again', async () => {
    const broken = new Fake({ scene: 'broken' })
    const belfry = createBelfry(broken)
    await belfry.start()
    expect(belfry.broken.value?.code).toBe('storage')
    broken.send(broken.present())
    expect(belfry.broken.value).toBeNull()
    expect(belfry.view.value).not.toBeNull()
  })

  it('hears nothing after it has been stopped', async () => {
    const { fake, belfry } = await started()
    const rev = belfry.view.value?.rev
    belfry.stop()
    fake.arrive()
    expect(belfry.view.value?.rev).toBe(rev)
  })
})
