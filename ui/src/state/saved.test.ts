import { flushPromises } from '@vue/test-utils'
import { createApp, type ShallowRef } from 'vue'
import { describe, expect, it } from 'vitest'

import type { ViewCount } from '../bridge/generated/ViewCount'
import { fakeIn } from '../test/mount'
import { createBelfry } from './belfry'
import { filterOf, listedOf, NO_FILTER, queryOf } from './route'
import { listedBy, savedAs, useViewCounts } from './saved'

describe('saved lists', () => {
  it('are recognised by what they list, through the address and back', () => {
    const { views } = fakeIn('saved').present()
    for (const view of views) {
      const listed = listedOf(queryOf(listedBy(view)))
      expect(savedAs(views, listed)?.name).toBe(view.name)
    }
    expect(savedAs(views, { tab: { type: 'all' }, source: null })).toBeNull()
  })

  it('take nothing from an address that no filter has', () => {
    expect(filterOf({ priority: '9', days: 'x', link: '2', of: '' })).toEqual(NO_FILTER)
  })

  it('are counted anew with each change, and not where nobody counts', async () => {
    const fake = fakeIn('saved')
    const belfry = createBelfry(fake)
    await belfry.start()
    let counts: Readonly<ShallowRef<ReadonlyMap<string, ViewCount>>> | undefined
    const app = createApp({
      setup() {
        counts = useViewCounts(belfry)
        return () => null
      },
    })
    app.mount(document.createElement('div'))
    await flushPromises()
    expect(counts?.value.get('Deploys')?.unread).toBe(1)
    expect(counts?.value.get('报表')?.unread).toBeNull()
    await fake.act({ type: 'mark_all_read' })
    await flushPromises()
    expect(counts?.value.get('Deploys')?.unread).toBe(0)
    app.unmount()
  })
})
