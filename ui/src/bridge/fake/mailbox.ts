// A mailbox in memory that answers as the store does: order, paging by key, one summary. For the fake
// backend only; the desktop program's store is SQLite.

import type { Failure } from '../generated/Failure'
import type { Filter } from '../generated/Filter'
import type { InboxSummary } from '../generated/InboxSummary'
import type { KindCount } from '../generated/KindCount'
import type { Decision } from '../generated/Decision'
import type { Matching } from '../generated/Matching'
import type { MessageDetail } from '../generated/MessageDetail'
import type { MessageRow } from '../generated/MessageRow'
import type { Page } from '../generated/Page'
import type { SearchPage } from '../generated/SearchPage'
import type { StorageReport } from '../generated/StorageReport'
import type { Tab } from '../generated/Tab'
import type { Via } from '../generated/Via'
import { ALL } from './scenes'
import type { Sample } from './samples'
import {
  following,
  isListed,
  isSnoozed,
  isUnread,
  marks,
  meets,
  newestFirst,
  payloadOf,
  placeOf,
  row,
  shows,
  time,
  type Stored,
} from './stored'

/** A message as it was before an act: what it takes to take the act back. */
export type Former = readonly Stored[]

const KNOWN = ['reply', 'system', 'notification', 'message']

/** Messages in the store's order, newest first. */
export class Mailbox {
  rev = 1
  private stored: Stored[] = []
  private nextId = 1

  constructor(private readonly sourceName: (source: string) => string) {}

  /** Files messages that are given oldest first. Returns the id of the last. */
  file(samples: Iterable<{ sample: Sample; at: number }>, via: Via): string {
    const added: Stored[] = []
    for (const { sample, at } of samples) {
      added.push({
        id: this.nextId++,
        at,
        sample,
        via,
        readAt: sample.read === true ? at : null,
        archivedAt: null,
        snoozedUntil: null,
        returnedAt: null,
        pinnedAt: sample.pinned === true ? at : null,
      })
    }
    this.stored = [...added.reverse(), ...this.stored].sort(newestFirst)
    this.rev += 1
    return String(this.nextId - 1)
  }

  /** Marks messages read (a time) or unread (`null`). */
  mark(ids: readonly string[] | 'all', readAt: number | null): Former {
    return this.change(ids, (message) =>
      (message.readAt === null) === (readAt === null) ? message : { ...message, readAt },
    )
  }

  /** Puts messages into the archive (a time) or back into the list (`null`). */
  archive(ids: readonly string[], archivedAt: number | null): Former {
    return this.change(ids, (message) => {
      if ((message.archivedAt === null) === (archivedAt === null)) return message
      return { ...message, archivedAt, readAt: message.readAt ?? archivedAt }
    })
  }

  /** Puts messages off until a time. */
  snooze(ids: readonly string[], snoozedUntil: number): Former {
    const put = (message: Stored) => ({ ...message, snoozedUntil, readAt: null, archivedAt: null })
    const former = this.change(ids, put)
    this.stored.sort(newestFirst)
    return former
  }

  /** Brings back what was put off, to the top. */
  wake(ids: readonly string[], now: number): Former {
    const former = this.change(ids, (message) =>
      message.snoozedUntil === null
        ? message
        : { ...message, snoozedUntil: null, readAt: null, returnedAt: now },
    )
    this.stored.sort(newestFirst)
    return former
  }

  /** Pins messages (a time), or no longer (`null`). */
  pin(ids: readonly string[], pinnedAt: number | null): Former {
    return this.change(ids, (message) =>
      (message.pinnedAt === null) === (pinnedAt === null) ? message : { ...message, pinnedAt },
    )
  }

  /** Takes messages away. */
  delete(ids: readonly string[] | 'all'): Former {
    return this.change(ids, () => null)
  }

  /** Puts messages back as they were. */
  takeBack(former: Former): void {
    const ids = new Set(former.map((message) => message.id))
    this.stored = [...former, ...this.stored.filter((message) => !ids.has(message.id))]
    this.stored.sort(newestFirst)
    this.rev += 1
  }

  private change(ids: readonly string[] | 'all', how: (message: Stored) => Stored | null): Former {
    const wanted = ids === 'all' ? null : new Set(ids)
    const former: Stored[] = []
    this.stored = this.stored.flatMap((message) => {
      if (wanted !== null && !wanted.has(String(message.id))) return [message]
      const changed = how(message)
      if (changed !== message) former.push(message)
      return changed ?? []
    })
    this.rev += 1
    return former
  }

  /** Drops everything of a source. */
  forget(source: string): void {
    this.stored = this.stored.filter((message) => message.sample.source !== source)
    this.rev += 1
  }

  /** One stretch of a list. */
  page(tab: Tab, source: string | null, filter: Filter, before: string | null, limit: number): Page {
    const wanted = (message: Stored) =>
      shows(tab, message) && meets(filter, message) && (source === null || message.sample.source === source)
    // What comes back soonest is the first of what is put off.
    const listed = tab.type === 'snoozed' ? [...this.stored].reverse() : this.stored
    const rows: MessageRow[] = []
    let index = before === null ? 0 : following(listed, before, tab.type === 'snoozed' ? -1 : 1)
    for (; index < listed.length && rows.length < limit; index += 1) {
      const message = listed[index]
      if (message && wanted(message)) rows.push(row(message))
    }
    let next: string | null = null
    for (; index < listed.length && next === null; index += 1) {
      const message = listed[index]
      const last = rows[rows.length - 1]
      if (message && last && wanted(message)) next = `${String(Date.parse(last.at))}.${last.id}`
    }
    return { rev: this.rev, rows, next }
  }

  /** The messages that match. */
  matching({ tab, source, filter, text }: Matching): string[] {
    const { length } = this.stored
    if (text === '' && tab) {
      return this.page(tab, source ?? null, filter, null, length).rows.map((found) => found.id)
    }
    const { rows } = this.search(text, tab ?? null, source ?? null, filter, null, length)
    return rows.map((found) => found.row.id)
  }

  storage(): StorageReport {
    const count = (source: string | null, archived: boolean) =>
      this.stored.filter(
        (message) =>
          (source === null || message.sample.source === source) && (!archived || message.archivedAt !== null),
      ).length
    const sources = [...new Set(this.stored.map((message) => message.sample.source))]
    return {
      rev: this.rev,
      file: '~/.local/share/belfry/messages.db',
      bytes: 40_960 + this.stored.length * 420,
      messages: count(null, false),
      archived: count(null, true),
      sources: sources.map((source) => ({
        source,
        messages: count(source, false),
        archived: count(source, true),
      })),
    }
  }

  /** What has every word of a text, newest first. The store's rules for words are finer. */
  search(
    text: string,
    tab: Tab | null,
    source: string | null,
    filter: Filter,
    before: string | null,
    limit: number,
  ): SearchPage {
    const words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
    const found = this.stored.filter(({ sample }) => {
      const whole = `${sample.title}\n${sample.sender ?? ''}\n${sample.body}`.toLowerCase()
      return words.length > 0 && words.every((word) => whole.includes(word))
    })
    const listed = found.filter(
      (message) =>
        (tab === null || shows(tab, message)) &&
        meets(filter, message) &&
        (source === null || message.sample.source === source),
    )
    const [at = Infinity, id = Infinity] = before === null ? [] : before.split('.').map(Number)
    const below = listed.filter(
      (message) => placeOf(message) < at || (placeOf(message) === at && message.id < id),
    )
    const page = below.slice(0, limit)
    const last = page[page.length - 1]
    return {
      rev: this.rev,
      rows: page.map((message) => {
        const shown = row(message)
        return { row: shown, title: marks(shown.title, words), preview: marks(shown.preview, words) }
      }),
      next: below.length > page.length && last ? `${String(placeOf(last))}.${String(last.id)}` : null,
    }
  }

  /** What became of the announcements of the newest messages. */
  decisions(limit: number): Decision[] {
    const { rows } = this.page({ type: 'all' }, null, ALL, null, limit)
    return rows.map(({ id, source, kind, title, at, unread }) => ({
      id,
      source,
      kind,
      title,
      announced: {
        occasion: 'arrival',
        state: unread ? 'suppressed' : 'clicked',
        why: unread ? { rule: 1 } : null,
        at,
        shown: unread ? null : { at, grounds: 'kind' },
      },
    }))
  }

  /** One message, complete. */
  detail(id: string): MessageDetail {
    const message = this.stored.find((candidate) => String(candidate.id) === id)
    if (!message) throw { code: 'not_found', message: `no message ${id}` } satisfies Failure
    const { sample } = message
    return {
      rev: this.rev,
      message: {
        id,
        source: sample.source,
        remote_id: `r${id}`,
        kind: sample.kind,
        title: sample.title,
        body: sample.body,
        related_id: sample.related ?? null,
        link: sample.link ?? null,
        priority: sample.priority ?? 3,
        sender: sample.sender === undefined ? null : { name: sample.sender },
        sent_at: time(message.at),
        received_at: time(message.at + 3),
        via: message.via,
        read_at: message.readAt === null ? null : time(message.readAt),
        archived_at: message.archivedAt === null ? null : time(message.archivedAt),
        snoozed_until: message.snoozedUntil === null ? null : time(message.snoozedUntil),
        pinned_at: message.pinnedAt === null ? null : time(message.pinnedAt),
        extra: {},
      },
      source_name: this.sourceName(sample.source),
      payload: message.via === 'backfill' ? null : payloadOf(message),
      page: sample.page ?? null,
      link_refused: sample.linkRefused === true,
      announced:
        message.via === 'live'
          ? [
              {
                occasion: 'arrival',
                state: 'announced',
                why: null,
                at: time(message.at + 4),
                shown: { at: time(message.at + 4), grounds: 'kind' },
              },
            ]
          : [],
    }
  }

  summary(): InboxSummary {
    const kinds = this.kinds(null)
    const sum = (of: (kind: KindCount) => number) => kinds.reduce((total, kind) => total + of(kind), 0)
    const snoozed = this.stored.filter(isSnoozed).length
    return {
      rev: this.rev,
      total: sum((kind) => kind.total),
      unread: sum((kind) => kind.unread),
      snoozed,
      kinds,
    }
  }

  /** What is in the list per kind, of one source or of all. */
  kinds(source: string | null): KindCount[] {
    const kinds = new Map<string, KindCount>()
    for (const message of this.stored) {
      const { sample } = message
      if (!isListed(message) || (source !== null && sample.source !== source)) continue
      const count = kinds.get(sample.kind) ?? { kind: sample.kind, total: 0, unread: 0 }
      count.total += 1
      if (isUnread(message)) count.unread += 1
      kinds.set(sample.kind, count)
    }
    const rank = (kind: string) => (KNOWN.indexOf(kind) + KNOWN.length + 1) % (KNOWN.length + 1)
    return [...kinds.values()].sort((a, b) => rank(a.kind) - rank(b.kind) || a.kind.localeCompare(b.kind))
  }

  unreadOf(source: string): number {
    return this.kinds(source).reduce((total, kind) => total + kind.unread, 0)
  }

  newest(limit: number): MessageRow[] {
    return this.stored.filter(isListed).slice(0, limit).map(row)
  }
}
