import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, watch, type Ref } from 'vue'

import { Fake } from '../bridge/fake'
import type { MessageId } from '../bridge/generated/MessageId'
import type { Query } from '../bridge/generated/Query'
import { createBelfry, type Belfry } from './belfry'
import { useList, type List } from './list'
import type { Listed } from './route'

describe('the list on screen', () => {
  let fake: Fake
  let belfry: Belfry
  let listed: Ref<Listed>
  let open: Ref<MessageId | null>
  let list: List
  let asked: Query[]

  beforeEach(async () => {
    fake = new Fake()
    asked = []
    const query = fake.query.bind(fake)
    vi.spyOn(fake, 'query').mockImplementation((question) => {
      asked.push(question)
      return query(question)
    })
    belfry = createBelfry(fake)
    listed = ref({ tab: { type: 'all' }, source: null })
    open = ref(null)
    list = effectScope().run(() => useList(belfry, listed, open)) as List
    await belfry.start()
    await flushPromises()
  })

  it('shows the first page once there is a view', () => {
    expect(list.loading.value).toBe(false)
    expect(list.rows.value).toHaveLength(14)
    expect(asked).toHaveLength(1)
  })

  it('shows what came from one source only', async () => {
    listed.value = { tab: { type: 'all' }, source: 'office' }
    await flushPromises()
    expect(new Set(list.rows.value.map((row) => row.source))).toEqual(new Set(['office']))
    expect(list.rows.value).toHaveLength(3)
  })

  it('shows what is found, with what to mark in it', async () => {
    listed.value = { tab: { type: 'all' }, source: null, text: 'nginx' }
    await flushPromises()
    expect(asked.at(-1)).toMatchObject({ type: 'search', text: 'nginx', before: null })
    const everywhere = list.rows.value.length
    expect(everywhere).toBeGreaterThan(0)
    const [row] = list.rows.value
    const [mark] = row?.hits?.title ?? []
    expect(row?.title.slice(...(mark ?? [0, 0])).toLowerCase()).toBe('nginx')
    listed.value = { tab: { type: 'archived' }, source: null, text: 'nginx' }
    await flushPromises()
    expect(asked.at(-1), 'a search stays in its list').toMatchObject({ tab: { type: 'archived' } })
    listed.value = { tab: { type: 'all' }, source: 'office', text: 'nginx' }
    await flushPromises()
    expect(list.rows.value.length).toBeLessThan(everywhere)
    expect(list.rows.value.every(({ source }) => source === 'office')).toBe(true)
  })

  it('asks again when the inbox has moved, and only then', async () => {
    const view = fake.present()
    fake.send(view)
    await flushPromises()
    expect(asked).toHaveLength(1)
    const id = fake.arrive()
    await flushPromises()
    expect(asked).toHaveLength(2)
    expect(list.rows.value[0]?.id).toBe(id)
  })

  it('asks one question for many views that come at once', async () => {
    for (let n = 0; n < 20; n += 1) fake.arrive()
    await flushPromises()
    expect(list.rows.value).toHaveLength(34)
    expect(asked.length).toBeLessThanOrEqual(3)
  })

  it('forgets the answer for a tab that has been left', async () => {
    const shown = new Set<string>()
    watch(list.rows, (rows) => rows.forEach((row) => shown.add(row.kind)), { flush: 'sync' })
    listed.value = { tab: { type: 'kind', kind: 'reply' }, source: null }
    await nextTick()
    listed.value = { tab: { type: 'kind', kind: 'deploy' }, source: null }
    await flushPromises()
    expect([...shown]).toEqual(['deploy'])
  })

  it('keeps the open message in the Unread tab until another is opened', async () => {
    listed.value = { tab: { type: 'unread' }, source: null }
    await flushPromises()
    const before = list.rows.value.map((row) => row.id)
    const id = before[1] ?? ''
    open.value = id
    await fake.act({ type: 'mark_read', ids: [id] })
    await flushPromises()
    expect(list.rows.value.map((row) => row.id)).toEqual(before)
    expect(list.rows.value[1]?.unread).toBe(false)
    open.value = before[2] ?? ''
    await flushPromises()
    expect(list.rows.value.map((row) => row.id)).toEqual(before.filter((each) => each !== id))
  })

  it('counts what comes while one reads, and shows it when asked to or when it is opened', async () => {
    const ids = list.rows.value.map((row) => row.id)
    list.lookAt({ first: 0, last: 8, use: 'reading' })
    open.value = ids[0] ?? null
    fake.arrive()
    fake.arriveMany(130)
    await flushPromises()
    expect(list.rows.value.map((row) => row.id)).toEqual(ids)
    expect(list.waiting.value).toBe(100)
    list.toNewest()
    await flushPromises()
    expect(list.waiting.value).toBe(0)
    expect(list.rows.value[0]?.id).toBe(fake.present().newest[0]?.id)
    const id = fake.arrive()
    await flushPromises()
    expect(list.waiting.value).toBe(1)
    open.value = id
    await flushPromises()
    expect(list.rows.value[0]?.id).toBe(id)
  })

  it('lets everything in that comes into an emptied list', async () => {
    list.lookAt({ first: 0, last: 8, use: 'reading' })
    await fake.act({ type: 'delete', ids: list.rows.value.map((row) => row.id) })
    await flushPromises()
    expect(list.rows.value).toEqual([])
    fake.arrive()
    await flushPromises()
    expect(list.rows.value).toHaveLength(1)
  })

  it('says that it could not be loaded, and tries again when asked', async () => {
    vi.spyOn(fake, 'query').mockRejectedValueOnce({ code: 'storage', message: 'busy' })
    listed.value = { tab: { type: 'unread' }, source: null }
    await flushPromises()
    expect(list.failure.value?.code).toBe('storage')
    list.retry()
    await flushPromises()
    expect(list.failure.value).toBeNull()
    expect(list.rows.value.length).toBeGreaterThan(0)
  })
})
