// Every scene in both themes and both languages, each of these in another width, so that none is forgotten.
import { readFileSync } from 'node:fs'

const source = readFileSync(new URL('../src/bridge/fake/scenes.ts', import.meta.url), 'utf8')
const [, list] = /SCENES = \[([^\]]*)\]/.exec(source)
const scenes = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name)

const VARIANTS = [
  { theme: 'light', lang: 'zh-CN', width: 360, height: 700 },
  { theme: 'dark', lang: 'en', width: 720, height: 700 },
  { theme: 'light', lang: 'en', width: 1080, height: 700 },
  { theme: 'dark', lang: 'zh-CN', width: 1600, height: 900 },
]

export const everyScene = scenes.flatMap((scene, nth) =>
  VARIANTS.map((variant, index) => {
    // The next scene begins with the next width.
    const { width, height } = VARIANTS[(index + nth) % VARIANTS.length]
    const { theme, lang } = variant
    return {
      name: `scene-${scene}-${theme}-${lang}-${String(width)}`,
      options: { scene, theme, lang, width, height },
    }
  }),
)
