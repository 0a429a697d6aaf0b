// Changes of the preferences, one after the other. Each is made of what the one before it has led to, also while the
// view that shows it is still to come: of two quick ones none is lost.

import type { Preferences } from '../bridge/generated/Preferences'
import { useBelfry, type Belfry } from './belfry'

/** What the preferences are to be, made of what they are. */
export type Change = (now: Preferences) => Preferences

/** Carries a change out. A failure is shown to the user and comes back as `false`. */
export type Save = (change: Change) => Promise<boolean>

interface Queue {
  /** How many are on their way, and the last of them. */
  open: number
  last: Promise<boolean>
  /** What was saved last, until a view shows it, and everything that views may show before. */
  saved: Preferences | null
  past: Set<string>
}

const queues = new WeakMap<Belfry, Queue>()

function queueOf(belfry: Belfry): Queue {
  const known = queues.get(belfry)
  if (known) return known
  const fresh: Queue = { open: 0, last: Promise.resolve(true), saved: null, past: new Set() }
  queues.set(belfry, fresh)
  return fresh
}

/** The preferences with all that was saved, whatever the view shows yet. */
function present(shown: Preferences, queue: Queue): Preferences {
  if (queue.saved !== null && queue.past.has(JSON.stringify(shown))) return queue.saved
  queue.saved = null
  queue.past.clear()
  return shown
}

/** Changes the preferences. */
export function usePreferences(): Save {
  const belfry = useBelfry()
  const queue = queueOf(belfry)

  async function save(change: Change): Promise<boolean> {
    if (belfry.view.value === null) return false
    const before = present(belfry.view.value.preferences, queue)
    const preferences = change(before)
    if ((await belfry.act({ type: 'save_preferences', preferences })) === null) return false
    queue.past.add(JSON.stringify(before))
    queue.past.delete(JSON.stringify(preferences))
    queue.saved = preferences
    return true
  }

  return async (change) => {
    queue.open += 1
    // The first begins at once, so that its control shows that it waits.
    queue.last = queue.open === 1 ? save(change) : queue.last.then(() => save(change))
    try {
      return await queue.last
    } finally {
      queue.open -= 1
    }
  }
}
