// Whether a source has a sign or a colour of its own.

import type { SourceMark } from '../bridge/generated/SourceMark'

/** Whether there is anything to show. */
export function isMarked({ colour = null, icon = null }: SourceMark): boolean {
  return colour !== null || icon !== null
}
