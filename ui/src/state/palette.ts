// What the palette finds: each entry by words of every language, the best first.

import type { IconName } from '../parts/icons'

/** Under which heading an entry stands; also their order. */
export const PALETTE_GROUPS = ['actions', 'tabs', 'sources', 'settings', 'search'] as const
export type PaletteGroup = (typeof PALETTE_GROUPS)[number]

/** Something that can be chosen. */
export interface Entry {
  id: string
  group: PaletteGroup
  icon: IconName
  title: string
  /** By what it is found: its title in every language, and more words. */
  words: string
  /** The keys that do the same. */
  keys?: string
  run(): void
}

/** How well an entry fits: 0 not at all; a word that begins so is better than one that has it inside. */
function fit(entry: Entry, sought: readonly string[]): number {
  const words = entry.words.toLowerCase()
  let worst = 3
  for (const part of sought) {
    const at = words.indexOf(part)
    if (at < 0) return 0
    const begins = at === 0 || words.includes(`\n${part}`) ? 3 : words.includes(` ${part}`) ? 2 : 1
    worst = Math.min(worst, begins)
  }
  return worst
}

/** The entries that have every word of a text, the best first; all of them for an empty one. */
export function matching(entries: readonly Entry[], text: string): Entry[] {
  const sought = text.toLowerCase().split(/\s+/).filter(Boolean)
  return entries
    .map((entry, place) => ({ entry, place, fit: fit(entry, sought) }))
    .filter((found) => found.fit > 0)
    .sort((a, b) => b.fit - a.fit || a.place - b.place)
    .map(({ entry }) => entry)
}
