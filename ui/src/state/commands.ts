// Who carries out which command. Pages and parts say what they would do at present; keys and palette ask here.

import { inject, onScopeDispose, type App, type InjectionKey } from 'vue'

import type { SingleKeys } from '../bridge/generated/SingleKeys'
import { chordOf, commandOf, isNative, isPrefix, isSingle, type CommandId } from './shortcuts'

/** What a command would do at present; nothing where there is nothing to do. */
export type Handler = () => (() => void) | null

/** The commands of the window. */
export interface Commands {
  /** Carries commands out for as long as the calling component lives. Who comes last is asked first. */
  carryOut(handlers: Partial<Record<CommandId, Handler>>): void
  /** What a command would do at present. */
  find(id: CommandId): (() => void) | null
}

/** How long the first key of a sequence waits for the second, in milliseconds. */
const SEQUENCE = 1_500

const KEY: InjectionKey<Commands> = Symbol('commands')

/** Makes the commands. */
export function createCommands(): Commands {
  const known: Partial<Record<CommandId, Handler>>[] = []
  return {
    carryOut(handlers) {
      known.unshift(handlers)
      onScopeDispose(() => known.splice(known.indexOf(handlers), 1))
    },
    find(id) {
      for (const handlers of known) {
        const deed = handlers[id]?.() ?? null
        if (deed !== null) return deed
      }
      return null
    },
  }
}

/** Makes the commands available to all parts of `app`. */
export function provideCommands(app: App, commands: Commands = createCommands()): void {
  app.provide(KEY, commands)
}

/** The commands of the window. */
export function useCommands(): Commands {
  const commands = inject(KEY)
  if (!commands) throw new Error('no commands are provided')
  return commands
}

/** Whether what has the focus takes text. */
export function isTyping(target: EventTarget | null): boolean {
  const field = target instanceof HTMLElement ? target.closest('input, textarea, [contenteditable]') : null
  return field !== null && !(field instanceof HTMLInputElement && /^(radio|checkbox)$/.test(field.type))
}

/** Gives commands by the keyboard, while the calling component lives; by single keys only where they are on. */
export function useKeyboard(commands: Commands, single: () => SingleKeys = () => 'on'): void {
  let before: string | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function forget(): void {
    clearTimeout(timer)
    before = null
  }

  function onKey(event: KeyboardEvent): void {
    // What lies above everything has its own keys.
    if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return
    const chord = chordOf(event)
    if (chord === null || !isMeant(chord, event.target)) return
    if (isSingle(chord) && single() === 'off') return
    const id = commandOf(chord, before)
    const isSecond = before !== null
    forget()
    if (id === null && !isSecond && isPrefix(chord)) {
      before = chord
      timer = setTimeout(forget, SEQUENCE)
      return
    }
    if (id === null || (event.repeat && !isNative(chord) && !/^[jk]$/.test(chord))) return
    const deed = commands.find(id)
    if (deed === null) return
    event.preventDefault()
    deed()
  }

  window.addEventListener('keydown', onKey)
  onScopeDispose(() => {
    forget()
    window.removeEventListener('keydown', onKey)
  })
}

/** Whether a chord is a command and not a matter of what has the focus. */
function isMeant(chord: string, target: EventTarget | null): boolean {
  if (isTyping(target)) return chord === 'Escape' || chord === 'Mod+k'
  return !isNative(chord) || target === document.body
}

export { KEY as commandsKey }
