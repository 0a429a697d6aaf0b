// Why somebody was not notified, in a sentence.

import type { Why } from '../bridge/generated/Why'
import { number, say } from '../words'

/** The sentence for a reason. */
export function because(why: Why): string {
  if (typeof why === 'string') return say(`why.${why}`)
  return 'rule' in why
    ? say('why.rule', { number: number(why.rule) })
    : say('why.archive', { number: number(why.archive) })
}
