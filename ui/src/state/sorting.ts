// What people do with messages: with some of them, or with everything that the list has.

import type { Action } from '../bridge/generated/Action'
import type { Deed } from '../bridge/generated/Deed'
import type { MessageId } from '../bridge/generated/MessageId'
import type { SnoozeSpan } from '../bridge/generated/SnoozeSpan'
import { conditions, matchingOf, type Listed } from './route'

/** What puts messages away or brings them back. */
export type Sorting = 'archive' | 'unarchive' | 'wake' | 'delete' | 'read' | 'unread' | 'pin' | 'unpin'

/** Which messages are meant: some, or everything that the list has, loaded or not. */
export type Meant = readonly MessageId[] | 'everything'

/** What each way of sorting asks the backend for, and whether the message leaves the screen with it. */
const SORTING = {
  archive: { type: 'archive', leaves: true },
  unarchive: { type: 'unarchive', leaves: true },
  wake: { type: 'wake', leaves: false },
  delete: { type: 'delete', leaves: true },
  read: { type: 'mark_read', leaves: false },
  unread: { type: 'mark_unread', leaves: false },
  pin: { type: 'pin', leaves: false },
  unpin: { type: 'unpin', leaves: false },
} as const satisfies Record<Sorting, { type: Exclude<Deed['type'], 'snooze'>; leaves: boolean }>

/** One act on messages. */
export interface Act {
  action: Action
  /** Whether what it is about leaves the screen; the list shows what follows. */
  leaves: boolean
}

/** The act that sorts messages. */
export function sorting(how: Sorting, meant: Meant, listed: Listed): Act {
  const { type, leaves } = SORTING[how]
  return { action: about(meant, { type }, listed), leaves }
}

/** The act that puts messages off. */
export function snoozing(span: SnoozeSpan, meant: Meant, listed: Listed): Act {
  return { action: about(meant, { type: 'snooze', span }, listed), leaves: true }
}

/** The act that marks all of a list read; all there is where the list has nothing that could be unread. */
export function readAll(listed: Listed): Act {
  const of = matchingOf(listed)
  const narrows = of.source !== null || of.text !== '' || conditions(of.filter) > 0 || of.tab?.type === 'kind'
  const hasNone = of.tab?.type === 'archived' || of.tab?.type === 'snoozed'
  const action: Action =
    narrows && !hasNone
      ? { type: 'all_of', of: { ...of, filter: { ...of.filter, unread: true } }, deed: { type: 'mark_read' } }
      : { type: 'mark_all_read' }
  return { action, leaves: false }
}

function about(meant: Meant, deed: Deed, listed: Listed): Action {
  return meant === 'everything'
    ? { type: 'all_of', of: matchingOf(listed), deed }
    : { ...deed, ids: [...meant] }
}
