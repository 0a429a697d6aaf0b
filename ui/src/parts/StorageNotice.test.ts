import { describe, expect, it } from 'vitest'

import { byRole, fakeIn, stage } from '../test/mount'
import Sidebar from './Sidebar.vue'

const listed = { tab: { type: 'all' }, source: null } as const

describe('the notice about the database', () => {
  it('says what is wrong and where a damaged file is kept', async () => {
    const fake = fakeIn('default')
    const view = fake.present()
    view.storage = { trouble: 'full', set_aside: 'messages.db.broken-1' }
    const { wrapper } = await stage(Sidebar, { view, listed }, { fake })
    const notice = byRole(wrapper.element, 'status', /The disk is full/)
    expect(notice.textContent).toContain('The disk is full')
    expect(notice.textContent).toContain('messages.db.broken-1')
  })

  it('is not there where all is well', async () => {
    const fake = fakeIn('default')
    const { wrapper } = await stage(Sidebar, { view: fake.present(), listed }, { fake })
    expect(wrapper.text()).not.toContain('disk')
  })
})
