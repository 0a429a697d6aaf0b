// What has been typed for a new source, kept while its form is left for another page. Secrets are not among it.

import { reactive } from 'vue'

import type { Belfry } from '../state/belfry'

/** What a new source is to be. */
export interface Draft {
  name: string
  url: string
  method: 'token' | 'password'
  user: string
  /** Whether its token is to be kept in memory only; empty while nobody has said so. */
  session: boolean | null
}

const drafts = new WeakMap<Belfry, Draft>()

/** The window's draft. */
export function draftOf(belfry: Belfry): Draft {
  const known = drafts.get(belfry)
  if (known) return known
  const fresh = reactive<Draft>({ name: '', url: '', method: 'token', user: '', session: null })
  drafts.set(belfry, fresh)
  return fresh
}

/** Forgets it: the source stands. */
export function forgetDraft(belfry: Belfry): void {
  drafts.delete(belfry)
}
