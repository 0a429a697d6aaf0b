import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'

import type { SingleKeys } from '../bridge/generated/SingleKeys'
import { createCommands, useKeyboard, type Commands, type Handler } from './commands'
import type { CommandId } from './shortcuts'

describe('the keyboard', () => {
  let commands: Commands
  let done: string[]
  let single: SingleKeys

  beforeEach(() => {
    done = []
    single = 'on'
    commands = createCommands()
    mount(defineComponent({ setup: () => (useKeyboard(commands, () => single), () => null) }))
  })
  afterEach(() => {
    vi.useRealTimers()
    document.body.innerHTML = ''
  })

  function part(handlers: Partial<Record<CommandId, Handler>>): VueWrapper {
    return mount(defineComponent({ setup: () => (commands.carryOut(handlers), () => null) }))
  }
  const does = (what: string) => () => () => void done.push(what)
  const press = (key: string, also: KeyboardEventInit = {}, on: EventTarget = document.body) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...also })
    on.dispatchEvent(event)
    return event
  }
  function focusable(html: string): HTMLElement {
    document.body.innerHTML = html
    return document.body.firstElementChild as HTMLElement
  }

  it('asks who came last, and those before where there is nothing to do', () => {
    part({ archive: does('page') })
    const pane = part({ archive: does('pane') })
    part({ archive: () => null })
    press('e')
    pane.unmount()
    press('e')
    expect(done).toEqual(['pane', 'page'])
  })

  it('takes a key only where it does something with it', () => {
    part({ archive: does('archive'), read: () => null })
    expect(press('e').defaultPrevented).toBe(true)
    expect(press('u').defaultPrevented).toBe(false)
    expect(press('y').defaultPrevented).toBe(false)
  })

  it('hears sequences, for a moment and not longer', () => {
    vi.useFakeTimers()
    part({ inbox: does('inbox'), unread: does('unread'), read: does('read') })
    press('g')
    press('i')
    press('g')
    press('u')
    press('g')
    vi.advanceTimersByTime(2_000)
    press('u')
    press('g')
    press('y')
    press('i')
    expect(done).toEqual(['inbox', 'unread', 'read'])
  })

  it('leaves what is typed alone, but for the keys that lead away', () => {
    part({ archive: does('archive'), palette: does('palette'), back: does('back'), undo: does('undo') })
    const field = focusable('<input>')
    for (const key of ['e', 'Escape']) press(key, {}, field)
    for (const key of ['k', 'z']) press(key, { ctrlKey: true }, field)
    expect(done).toEqual(['back', 'palette'])
  })

  it('leaves controls and dialogs their own keys', () => {
    part({ open: does('open'), next: does('next'), archive: does('archive') })
    const button = focusable('<button></button>')
    press('Enter', {}, button)
    press('ArrowDown', {}, button)
    press('e', {}, button)
    press('Enter')
    focusable('<dialog open></dialog>')
    press('e')
    expect(done).toEqual(['archive', 'open'])
  })

  it('takes no single keys where the user wants none', () => {
    single = 'off'
    part({ archive: does('archive'), inbox: does('inbox'), read_all: does('all'), palette: does('palette') })
    for (const key of ['e', 'g', 'i']) press(key)
    press('U', { shiftKey: true })
    press('k', { ctrlKey: true })
    expect(done).toEqual(['palette'])
  })

  it('repeats walking and nothing else', () => {
    part({ next: does('next'), delete: does('delete') })
    press('j', { repeat: true })
    press('Delete', { repeat: true })
    expect(done).toEqual(['next'])
  })
})
