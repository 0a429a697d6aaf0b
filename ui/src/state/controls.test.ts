import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { Fake } from '../bridge/fake'
import { createBelfry, type Belfry } from './belfry'
import { awaited, followControls } from './controls'

describe('the control in use', () => {
  let fake: Fake
  let belfry: Belfry
  const page = document.documentElement
  const get = (selector: string) => document.querySelector(selector) as HTMLElement
  const act = () => void belfry.act({ type: 'mark_all_read' })
  const attempt = () => belfry.attempt({ type: 'resume' })

  beforeEach(async () => {
    vi.useFakeTimers()
    document.body.innerHTML = `
      <button id="plain"><i></i></button>
      <label class="el-switch"><input type="checkbox"></label>
      <form><button id="go" type="submit"></button></form>
      <div role="listbox" aria-activedescendant="row" tabindex="0"><div role="option" id="row"></div></div>
      <p>text</p>`
    fake = new Fake()
    belfry = createBelfry(fake, followControls(document))
    await belfry.start()
    fake.actsTake = 200
  })
  afterEach(async () => {
    await vi.runAllTimersAsync()
    vi.useRealTimers()
  })

  it.each([
    ['a button, by what is drawn on it', 'i', 'click', '#plain'],
    ['a switch, by its field', 'input', 'change', '.el-switch'],
    ['the button of a form', '#go', 'submit', '#go'],
    ['the row at the keyboard’s place', '[role=listbox]', 'keydown', '#row'],
    ['the page, where nothing else is', 'p', 'keydown', 'html'],
  ])('shows that it is busy: %s', async (_, target, type, control) => {
    get(target).addEventListener(type, act)
    const event =
      type === 'submit'
        ? new SubmitEvent(type, { bubbles: true, submitter: get(target) })
        : new Event(type, { bubbles: true })
    get(target).dispatchEvent(event)
    await vi.advanceTimersByTimeAsync(45)
    expect(get(control).hasAttribute('aria-busy'), 'an answer may take a moment').toBe(false)
    await vi.advanceTimersByTimeAsync(10)
    expect(get(control).getAttribute('aria-busy')).toBe('true')
    await vi.advanceTimersByTimeAsync(200)
    expect(get(control).hasAttribute('aria-busy')).toBe(false)
  })

  it('shows nothing where the answer is prompt, or where nobody asked', async () => {
    const busy = vi.spyOn(Element.prototype, 'setAttribute')
    fake.actsTake = 40
    get('#plain').addEventListener('click', act)
    get('#plain').click()
    await vi.advanceTimersByTimeAsync(60)
    fake.actsTake = 200
    act()
    void belfry.attempt({ type: 'attend', to: 'inbox' })
    await vi.advanceTimersByTimeAsync(300)
    expect(busy).not.toHaveBeenCalledWith('aria-busy', 'true')
  })

  it('stays busy until the last of several answers has come', async () => {
    const first = awaited(page, new Promise((done) => setTimeout(done, 100)))
    const second = awaited(page, new Promise((done) => setTimeout(done, 300)))
    await vi.advanceTimersByTimeAsync(150)
    await first
    expect(page.getAttribute('aria-busy')).toBe('true')
    await vi.advanceTimersByTimeAsync(200)
    await second
    expect(page.hasAttribute('aria-busy')).toBe(false)
  })

  it('is where a failure is said, and is busy no more', async () => {
    fake.failNext = 'storage'
    get('#plain').addEventListener('click', act)
    get('#plain').click()
    await vi.advanceTimersByTimeAsync(300)
    expect(belfry.failure.value?.code).toBe('storage')
    expect(belfry.failedAt.value).toBe(get('#plain'))
    expect(get('#plain').hasAttribute('aria-busy')).toBe(false)
    fake.failNext = 'storage'
    await Promise.allSettled([attempt().catch(() => null), vi.advanceTimersByTimeAsync(300)])
    fake.failNext = 'storage'
    act()
    await vi.advanceTimersByTimeAsync(300)
    expect(belfry.failedAt.value, 'nobody asked').toBeNull()
  })
})
