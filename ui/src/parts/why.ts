// Why somebody was notified or not, in sentences.

import type { Announced } from '../bridge/generated/Announced'
import type { Grounds } from '../bridge/generated/Grounds'
import type { Why } from '../bridge/generated/Why'
import { language, number, say } from '../words'
import { exactTime } from './time'

/** The sentence for a reason. */
export function because(why: Why): string {
  if (typeof why === 'string') return say(`why.${why}`)
  return 'rule' in why
    ? say('why.rule', { number: number(why.rule) })
    : say('why.archive', { number: number(why.archive) })
}

/** The sentence for the grounds on which something was announced. */
export function on(grounds: Grounds): string {
  if (typeof grounds === 'string') return say(`why.by_${grounds}`)
  return 'rule' in grounds
    ? say('why.by_rule', { number: number(grounds.rule) })
    : say('why.by_let_through', { number: number(grounds.let_through) })
}

/** Whether the state itself says that there was a notification, and when. */
export function saysShown({ state }: Announced): boolean {
  return state === 'announced' || state === 'summarised'
}

/** Why somebody was not notified, or not at once; when they were, unless the state says that, and why. */
export function reasons(announced: Announced): string | null {
  const { why, shown } = announced
  const when = shown !== null && !saysShown(announced)
  const all = [
    ...(why === null ? [] : [because(why)]),
    ...(when ? [say('why.shown', { time: exactTime(shown.at, language.value) })] : []),
    ...(shown === null ? [] : [on(shown.grounds)]),
  ]
  return all.length === 0 ? null : all.reduce((line, more) => say('why.because', { line, why: more }))
}
