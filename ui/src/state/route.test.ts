import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import { fakeIn, stage, type Stage } from '../test/mount'
import { useBelfry } from './belfry'
import { leaveGone } from './route'

const Page = {
  setup() {
    const belfry = useBelfry()
    leaveGone(() => (belfry.view.value?.sources ?? []).map(({ id }) => id))
    return () => null
  },
}

const on = (address: string): Promise<Stage> => stage(Page, {}, { address, fake: fakeIn('default') })
const place = ({ router }: Stage) => router.currentRoute.value.fullPath

describe('an address that names a source', () => {
  it.each(['/inbox?source=ops', '/sources/ops?source=ops'])(
    '%s is the inbox’s once it is removed',
    async (at) => {
      const page = await on(at)
      await page.belfry.act({ type: 'remove_source', source: 'community' })
      await flushPromises()
      expect(place(page)).toBe(at)
      await page.belfry.act({ type: 'remove_source', source: 'ops' })
      await flushPromises()
      expect(place(page)).toBe('/inbox')
    },
  )

  it('is the inbox’s where the source was removed before', async () => {
    expect(place(await on('/inbox?source=gone'))).toBe('/inbox')
  })

  it('waits for a view that has the source', async () => {
    const page = await on('/inbox')
    await page.router.push('/sources/source-9?source=source-9')
    page.fake.arrive()
    await flushPromises()
    expect(place(page)).toBe('/sources/source-9?source=source-9')
  })
})
