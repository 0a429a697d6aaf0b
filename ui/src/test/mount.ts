// Mounts a part as the window would: words, addresses, and a store on the fake backend.
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { shallowRef, type Component } from 'vue'
import { createMemoryHistory, type Router } from 'vue-router'

import { Fake, type FakeOptions } from '../bridge/fake'
import { makeRouter } from '../routes'
import { belfryKey, createBelfry, type Belfry } from '../state/belfry'
import { commandsKey, createCommands, type Commands } from '../state/commands'
import { undoKey, type Undo } from '../state/undo'

/** A part on its stage. */
export interface Stage {
  wrapper: VueWrapper
  fake: Fake
  belfry: Belfry
  router: Router
  commands: Commands
}

/** Mounts `part` with `props` at `address`, once the first view is there. */
export async function stage(
  part: Component,
  props: Record<string, unknown> = {},
  {
    address = '/inbox',
    fake = new Fake(),
    belfry = createBelfry(fake),
  }: { address?: string; fake?: Fake; belfry?: Belfry } = {},
): Promise<Stage> {
  const router = makeRouter(createMemoryHistory(), { render: () => null })
  await router.push(address)
  await belfry.start()
  const commands = createCommands()
  const wrapper = mount(part, {
    props,
    attachTo: document.body,
    global: {
      plugins: [router],
      provide: {
        [belfryKey as symbol]: belfry,
        [commandsKey as symbol]: commands,
        [undoKey as symbol]: WITHOUT_WAY_BACK,
      },
    },
  })
  await flushPromises()
  return { wrapper, fake, belfry, router, commands }
}

/** Takes nothing back. */
const WITHOUT_WAY_BACK: Undo = {
  last: shallowRef(null),
  next: shallowRef(null),
  undo: () => Promise.resolve(null),
  dismiss: () => undefined,
}

/** Makes a fake in a scene. */
export function fakeIn(scene: NonNullable<FakeOptions['scene']>): Fake {
  return new Fake({ scene })
}

/** Waits until `condition` holds; fails after two seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 2_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await flushPromises()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** The element with a role and an accessible name made of its text or label. */
export function byRole(root: ParentNode, role: string, name: string | RegExp): HTMLElement {
  const implicit: Record<string, string> = {
    button: 'button',
    link: 'a[href]',
    heading: 'h1,h2,h3',
    textbox: 'input',
  }
  const selector = [`[role="${role}"]`, implicit[role]].filter(Boolean).join(',')
  const found = [...root.querySelectorAll<HTMLElement>(selector)].find((element) => {
    const label = element.id === '' ? null : document.querySelector(`label[for="${element.id}"]`)
    const own = element.getAttribute('aria-label') ?? label?.textContent ?? element.textContent
    const text = own.replace(/\s+/g, ' ').trim()
    return typeof name === 'string' ? text === name : name.test(text)
  })
  if (!found) throw new Error(`no ${role} called ${String(name)}`)
  return found
}
