import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import SearchField from './SearchField.vue'

describe('the search field', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('searches a moment after the last key, trimmed, and once', async () => {
    const wrapper = mount(SearchField, { props: { text: '' } })
    const input = wrapper.find('input')
    await input.setValue('通')
    vi.advanceTimersByTime(100)
    await input.setValue(' 通知 ')
    vi.advanceTimersByTime(100)
    expect(wrapper.emitted('search')).toBeUndefined()
    vi.advanceTimersByTime(50)
    expect(wrapper.emitted('search')).toEqual([['通知']])
  })

  it('is emptied by the first Escape and left by the second', async () => {
    const wrapper = mount(SearchField, { props: { text: 'nginx' } })
    const input = wrapper.find('input')
    await input.trigger('keydown', { key: 'Escape' })
    expect(wrapper.emitted('search')).toEqual([['']])
    expect(wrapper.emitted('leave')).toBeUndefined()
    await input.trigger('keydown', { key: 'Escape' })
    expect(wrapper.emitted('leave')).toHaveLength(1)
  })

  it('leads to the list with the arrow, searching at once', async () => {
    const wrapper = mount(SearchField, { props: { text: '' } })
    await wrapper.find('input').setValue('a')
    await wrapper.find('input').trigger('keydown', { key: 'ArrowDown' })
    expect(wrapper.emitted('search')).toEqual([['a']])
    expect(wrapper.emitted('leave')).toHaveLength(1)
  })
})
