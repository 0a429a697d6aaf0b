// How a kind of message looks and is called. A kind that nobody has heard of is shown by its own name.

import type { MessageKind } from '../bridge/generated/MessageKind'
import { say, type Key } from '../words'
import type { IconName } from './icons'

const KNOWN = ['reply', 'system', 'notification', 'message'] as const
type Known = (typeof KNOWN)[number]

function known(kind: MessageKind): Known | null {
  return KNOWN.find((name) => name === kind) ?? null
}

/** The symbol of a kind. */
export function kindIcon(kind: MessageKind): IconName {
  return known(kind) ?? 'other'
}

/** The class that colours a kind. */
export function kindClass(kind: MessageKind): string {
  return `kind-${known(kind) ?? 'other'}`
}

/** The words for the kind's tab; none for a kind that is called by its own name. */
export function kindKey(kind: MessageKind): Key | null {
  const name = known(kind)
  return name === null ? null : `kind.${name}`
}

/** What the kind's tab is called. */
export function kindTitle(kind: MessageKind): string {
  const key = kindKey(kind)
  return key === null ? kind : say(key)
}

/** What one message of the kind is called. */
export function kindOfOne(kind: MessageKind): string {
  const name = known(kind)
  return name === null ? kind : say(`reading.kind.${name}`)
}
