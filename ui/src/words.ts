// The window's words: one catalogue with tray, popups and command line. Keys are typed, so that a
// sentence that does not exist is a compile error, also for computed keys such as `reason.${reason}`.

import { computed, type ComputedRef } from 'vue'
import { createI18n } from 'vue-i18n'

import en from '../locales/en.json'
import zhCN from '../locales/zh-CN.json'
import type { Language } from './bridge/generated/Language'

type Leaves<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}`
}[keyof T & string]

/** Every key of the catalogue. */
export type Key = Leaves<typeof en>

/** The keys that come as a pair, `…_one` and `…_other`. */
export type CountKey = Key extends infer K ? (K extends `${infer Base}_other` ? Base : never) : never

/** What stands in the `{name}` places. */
export type Values = Record<string, string | number>

const i18n = createI18n({
  legacy: false,
  locale: 'en' satisfies Language as Language,
  fallbackLocale: 'en',
  messages: { en, 'zh-CN': zhCN } as Record<Language, typeof en>,
})

/** The Vue plug-in. */
export const wordsPlugin = i18n

const { t, locale } = i18n.global

/** The sentence for a key, in the language in force. Reactive in templates and `computed`. */
export function say(key: Key, values: Values = {}): string {
  return t(key, values)
}

/** The sentence in every language, e.g. to be found by any of them. */
export function sayInAll(key: Key, values: Values = {}): string {
  return i18n.global.availableLocales.map((each) => t(key, values, { locale: each })).join('\n')
}

/** A number as it is written: 11,114. */
export function number(value: number): string {
  return new Intl.NumberFormat(locale.value).format(value)
}

/** The sentence for a number of things; `{count}` is filled in. */
export function sayCount(key: CountKey, count: number, shown: string = number(count)): string {
  const form = new Intl.PluralRules(locale.value).select(count) === 'one' ? 'one' : 'other'
  return t(`${key}_${form}`, { count: shown })
}

/** The language in force. */
export const language: ComputedRef<Language> = computed(() => locale.value)

/** Changes the language of everything that is on screen. */
export function speak(to: Language): void {
  locale.value = to
  document.documentElement.lang = to
}
