// The fake backend that a browser's address asks for.

import { Fake } from '../fake'
import { PREFERENCES } from './texts'
import { SCENES } from './scenes'

/** The fake that the address asks for: `?scene=…&lang=…&theme=…&live=off`, remembered for the tab. */
export function fakeFromAddress(): Fake {
  const asked = new URLSearchParams(location.search)
  const option = (name: string): string | null => {
    const value = asked.get(name) ?? sessionStorage.getItem(`fake.${name}`)
    if (value !== null) sessionStorage.setItem(`fake.${name}`, value)
    return value
  }
  const pick = <T extends string>(allowed: readonly T[], value: string | null, otherwise: T): T =>
    allowed.find((candidate) => candidate === value) ?? otherwise
  const name = pick(SCENES, option('scene'), 'default')
  const fake = new Fake({
    scene: name,
    delay: 12,
    preferences: {
      ...PREFERENCES,
      language: pick(['system', 'en', 'zh-CN'], option('lang'), 'system'),
      theme: pick(['system', 'light', 'dark'], option('theme'), 'system'),
    },
  })
  if (option('live') !== 'off' && fake.live.length > 0) {
    setInterval(() => fake.arrive(), name === 'flood' ? 40 : 20_000)
    setTimeout(() => fake.arrive(), 4_000)
  }
  return fake
}
