import { describe, expect, it } from 'vitest'

import { byRole, stage } from '../test/mount'
import { speak } from '../words'
import Bell from './Bell.vue'

async function bell(unread: number): Promise<{ link: HTMLElement; badge: string }> {
  const { wrapper } = await stage(Bell, { unread })
  const link = byRole(wrapper.element.parentElement ?? document.body, 'link', /Inbox|收件箱/)
  const shown = wrapper.findAll('.el-badge__content').filter((each) => each.isVisible())
  const result = { link, badge: shown.map((each) => each.text()).join() }
  return result
}

describe('the bell', () => {
  it('has no badge at zero', async () => {
    expect((await bell(0)).badge).toBe('')
  })

  it('shows small numbers as they are and large ones as 99+', async () => {
    expect((await bell(1)).badge).toBe('1')
    expect((await bell(99)).badge).toBe('99')
    expect((await bell(100)).badge).toBe('99+')
  })

  it('leads to the inbox and says the exact number', async () => {
    const { link } = await bell(1_234)
    expect(link.getAttribute('href')).toBe('/inbox')
    expect(link.getAttribute('aria-label')).toBe('Inbox, 1,234 unread')
  })

  it('says it in Chinese too', async () => {
    speak('zh-CN')
    expect((await bell(3)).link.getAttribute('aria-label')).toBe('收件箱，3 条未读')
  })
})
