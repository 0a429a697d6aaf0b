// One message as the fake keeps it: where it stands, in which lists, and how it is shown.

import type { Filter } from '../generated/Filter'
import type { Highlight } from '../generated/Highlight'
import type { MessageRow } from '../generated/MessageRow'
import type { Tab } from '../generated/Tab'
import type { Via } from '../generated/Via'
import type { Sample } from './samples'

/** A message. */
export interface Stored {
  id: number
  at: number
  sample: Sample
  via: Via
  readAt: number | null
  archivedAt: number | null
  snoozedUntil: number | null
  returnedAt: number | null
  pinnedAt: number | null
}

const PREVIEW_CHARS = 200

/** Where a list goes on after a place; what stood there may be gone. */
export function following(listed: readonly Stored[], key: string, sign: 1 | -1): number {
  const [at = 0, id = 0] = key.split('.').map(Number)
  const index = listed.findIndex((message) => sign * (at - placeOf(message) || id - message.id) > 0)
  return index < 0 ? listed.length : index
}

export function shows(tab: Tab, message: Stored): boolean {
  switch (tab.type) {
    case 'all':
      return isListed(message)
    case 'snoozed':
      return isSnoozed(message)
    case 'unread':
      return isUnread(message)
    case 'kind':
      return isListed(message) && message.sample.kind === tab.kind
    case 'archived':
      return message.archivedAt !== null
  }
}

/** Where a text has any of the words; what overlaps is one. */
export function marks(text: string, words: readonly string[]): Highlight[] {
  const found: Highlight[] = []
  for (const word of words) {
    const whole = text.toLowerCase()
    for (let at = whole.indexOf(word); at >= 0; at = whole.indexOf(word, at + word.length)) {
      found.push({ start: at, end: at + word.length })
    }
  }
  const merged: Highlight[] = []
  for (const mark of found.sort((a, b) => a.start - b.start)) {
    const last = merged[merged.length - 1]
    if (last && mark.start <= last.end) last.end = Math.max(last.end, mark.end)
    else merged.push(mark)
  }
  return merged
}

export function isSnoozed({ archivedAt, snoozedUntil }: Stored): boolean {
  return archivedAt === null && snoozedUntil !== null && snoozedUntil > Date.now()
}

export function isListed(message: Stored): boolean {
  return message.archivedAt === null && !isSnoozed(message)
}

export function isUnread(message: Stored): boolean {
  return message.readAt === null && isListed(message)
}

/** Where it stands in lists. */
export function placeOf({ at, snoozedUntil, returnedAt }: Stored): number {
  return snoozedUntil ?? returnedAt ?? at
}

export function newestFirst(a: Stored, b: Stored): number {
  return placeOf(b) - placeOf(a) || b.id - a.id
}

const DAY = 24 * 3_600_000

export function meets(filter: Filter, message: Stored): boolean {
  const { kind, priority, days, since, until, link, pinned, unread } = filter
  const { sample, pinnedAt } = message
  return (
    (kind ?? sample.kind) === sample.kind &&
    (sample.priority ?? 3) >= (priority ?? 1) &&
    placeOf(message) >= (days === null || days === undefined ? 0 : Date.now() - days * DAY) &&
    placeOf(message) >= (typeof since === 'string' ? Date.parse(since) : 0) &&
    placeOf(message) < (typeof until === 'string' ? Date.parse(until) : Infinity) &&
    (!link || sample.link !== undefined) &&
    (!pinned || pinnedAt !== null) &&
    (!unread || isUnread(message))
  )
}

export function row(message: Stored): MessageRow {
  const { id, sample, archivedAt, snoozedUntil, returnedAt, pinnedAt } = message
  return {
    id: String(id),
    source: sample.source,
    kind: sample.kind,
    title: sample.title,
    preview: sample.body
      .replace(/^\|[-: |]+\|$|^```\w*$|[`*]/gm, '')
      .replace(/[>#|\n]+/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, PREVIEW_CHARS),
    sender: sample.sender ?? null,
    priority: sample.priority ?? 3,
    at: time(placeOf(message)),
    unread: isUnread(message),
    archived: archivedAt !== null,
    pinned: pinnedAt !== null,
    snoozed_until: snoozedUntil === null ? null : time(snoozedUntil),
    returned_at: returnedAt === null ? null : time(returnedAt),
  }
}

/** What the server sent. */
export function payloadOf({ id, at, sample }: Stored): string {
  const { kind, title, body, read = false } = sample
  const sent = { id: `r${String(id)}`, type: kind, title, content: body, isRead: read, createdAt: time(at) }
  return JSON.stringify(sent)
}

export function time(at: number): string {
  return new Date(at).toISOString()
}
