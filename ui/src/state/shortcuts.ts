// The one table of what the keyboard does. Handlers, the sheet, the palette and the hints on controls read it.

/** Under which heading a command stands in the sheet. */
export const GROUPS = ['list', 'message', 'go', 'app'] as const
export type Group = (typeof GROUPS)[number]

interface Shortcut {
  group: Group
  /**
   * Each way to give the command: a chord, or two after one another. A chord is a key by the name that a browser
   * gives it, with `Mod+` (Ctrl, on macOS Command) or `Shift+` before it.
   */
  keys: readonly string[]
}

/** Every command that has keys. */
export const SHORTCUTS = {
  next: { group: 'list', keys: ['j', 'ArrowDown'] },
  previous: { group: 'list', keys: ['k', 'ArrowUp'] },
  next_unread: { group: 'list', keys: ['n'] },
  page_down: { group: 'list', keys: ['PageDown'] },
  page_up: { group: 'list', keys: ['PageUp'] },
  first: { group: 'list', keys: ['Home'] },
  last: { group: 'list', keys: ['End'] },
  open: { group: 'list', keys: ['Enter', 'Space'] },
  choose: { group: 'list', keys: ['x'] },
  choose_next: { group: 'list', keys: ['Shift+ArrowDown'] },
  choose_previous: { group: 'list', keys: ['Shift+ArrowUp'] },
  choose_page_down: { group: 'list', keys: ['Shift+PageDown'] },
  choose_page_up: { group: 'list', keys: ['Shift+PageUp'] },
  choose_to_first: { group: 'list', keys: ['Shift+Home'] },
  choose_to_last: { group: 'list', keys: ['Shift+End'] },
  choose_all: { group: 'list', keys: ['Mod+a'] },
  archive: { group: 'message', keys: ['e'] },
  read: { group: 'message', keys: ['u'] },
  snooze: { group: 'message', keys: ['s'] },
  pin: { group: 'message', keys: ['p'] },
  read_all: { group: 'message', keys: ['Shift+u'] },
  delete: { group: 'message', keys: ['Delete', '#'] },
  undo: { group: 'message', keys: ['Mod+z', 'z'] },
  page: { group: 'message', keys: ['o'] },
  copy: { group: 'message', keys: ['c'] },
  details: { group: 'message', keys: ['d'] },
  inbox: { group: 'go', keys: ['g i'] },
  unread: { group: 'go', keys: ['g u'] },
  archived: { group: 'go', keys: ['g e'] },
  settings: { group: 'go', keys: ['g s'] },
  search: { group: 'app', keys: ['/'] },
  palette: { group: 'app', keys: ['Mod+k'] },
  shortcuts: { group: 'app', keys: ['?'] },
  back: { group: 'app', keys: ['Escape'] },
} as const satisfies Record<string, Shortcut>

/** A command that has keys. */
export type CommandId = keyof typeof SHORTCUTS

/** All of them, in the table's order. */
export const COMMANDS = Object.keys(SHORTCUTS) as readonly CommandId[]

const MAC = /Mac/.test(navigator.platform)
const SHOWN: Readonly<Record<string, string>> = {
  Mod: MAC ? '⌘' : 'Ctrl',
  Shift: MAC ? '⇧' : 'Shift',
  ArrowDown: '↓',
  ArrowUp: '↑',
  PageDown: 'PgDn',
  PageUp: 'PgUp',
  Enter: '↵',
  Escape: 'Esc',
  Delete: 'Del',
}

const BY_KEYS: ReadonlyMap<string, CommandId> = new Map(
  COMMANDS.flatMap((id) => SHORTCUTS[id].keys.map((keys) => [keys, id] as const)),
)
const PREFIXES: ReadonlySet<string> = new Set(
  [...BY_KEYS.keys()].filter((keys) => keys.includes(' ')).map((keys) => keys.slice(0, keys.indexOf(' '))),
)

/** The chord that was pressed, as the table writes it; none for what belongs to an input method or the system. */
export function chordOf(event: KeyboardEvent): string | null {
  if (event.isComposing || event.altKey) return null
  const [mod, other] = MAC ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey]
  if (other) return null
  const key = keyOf(event)
  // Which signs need Shift is the keyboard's affair; with letters and named keys it is a chord of its own.
  const shift = event.shiftKey && /^[a-z]$|^\w{2,}$/.test(key)
  return `${mod ? 'Mod+' : ''}${shift ? 'Shift+' : ''}${key}`
}

/** The key by its sign; a letter by its place where the keyboard writes no Latin ones. */
function keyOf({ key, code }: KeyboardEvent): string {
  if (key === ' ') return 'Space'
  if (key.length > 1) return key
  const place = /^Key([A-Z])$/.exec(code)?.[1]
  return (/[^\x20-\x7e]/.test(key) ? (place ?? key) : key).toLowerCase()
}

/** The command of a chord, `before` being the one pressed just before it. */
export function commandOf(chord: string, before: string | null = null): CommandId | null {
  return (before === null ? undefined : BY_KEYS.get(`${before} ${chord}`)) ?? BY_KEYS.get(chord) ?? null
}

/** Whether a chord begins a sequence. */
export function isPrefix(chord: string): boolean {
  return PREFIXES.has(chord)
}

/** Whether controls have a use of their own for a chord, so that it is theirs while they have the focus. */
export function isNative(chord: string): boolean {
  return /^(Shift\+)?(Arrow|Page|Home|End)|^(Enter|Space|Mod\+a)$/.test(chord)
}

/** Whether a chord is a sign that one types, without Ctrl or Command. */
export function isSingle(chord: string): boolean {
  return /^(Shift\+)?.$/.test(chord)
}

/** The keys of one way to give a command, each as it is written on a keyboard. */
export function keycaps(keys: string): string[] {
  return keys.split(/[ +]/).map((key) => SHOWN[key] ?? (key.length === 1 ? key.toUpperCase() : key))
}

/** The first way to give a command, in the form of `aria-keyshortcuts`. */
export function ariaKeys(id: CommandId): string {
  return (SHORTCUTS[id].keys[0] as string).replace('Mod', MAC ? 'Meta' : 'Control')
}

/** A control's name and the keys that do the same, for its tooltip. */
export function withKeys(name: string, id: CommandId): string {
  return `${name} (${keycaps(SHORTCUTS[id].keys[0]).join(' ')})`
}
