import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { h, nextTick } from 'vue'

import { stage } from '../test/mount'
import SnoozeButton from './SnoozeButton.vue'

describe('putting a message off', () => {
  it('offers moments, and takes the one that is chosen', async () => {
    const wrapper = mount(SnoozeButton, { attachTo: document.body })
    await wrapper.find('button').trigger('click')
    expect(wrapper.findAll('.span').map((span) => span.text())).toEqual([
      'In an hour',
      'This evening at 20:00',
      'Tomorrow at 8:00',
      'On Monday at 8:00',
    ])
    await wrapper.findAll('.span')[2]?.trigger('click')
    expect(wrapper.emitted('snooze')).toEqual([['tomorrow']])
    expect(wrapper.find('.spans').exists()).toBe(false)
  })

  it('is opened by its command with the focus in it, also beside other buttons', async () => {
    const bar = () => h('div', [h('button', 'other'), h(SnoozeButton)])
    const { commands } = await stage(bar)
    commands.find('snooze')?.()
    await flushPromises()
    expect(document.activeElement?.textContent.trim()).toBe('In an hour')
  })

  it('is left with Escape, and with a click elsewhere', async () => {
    const wrapper = mount(SnoozeButton, { attachTo: document.body })
    await wrapper.find('button').trigger('click')
    await wrapper.find('.span').trigger('keydown', { key: 'Escape' })
    expect(wrapper.find('.spans').exists()).toBe(false)
    expect(document.activeElement).toBe(wrapper.find('button').element)
    await wrapper.find('button').trigger('click')
    window.dispatchEvent(new Event('pointerdown'))
    await nextTick()
    expect(wrapper.find('.spans').exists()).toBe(false)
    expect(wrapper.emitted('snooze')).toBeUndefined()
  })
})
