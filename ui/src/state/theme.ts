// Which colours are in force: the user's choice, or the system's.

import { watch } from 'vue'

import type { Theme } from '../bridge/generated/Theme'

const dark = () => window.matchMedia('(prefers-color-scheme: dark)')

/** Puts the theme on the document and keeps it there while the system's may change. */
export function followTheme(choice: () => Theme): () => void {
  const system = dark()
  const apply = () => {
    const chosen = choice()
    const theme = chosen === 'system' ? (system.matches ? 'dark' : 'light') : chosen
    document.documentElement.dataset.theme = theme
  }
  system.addEventListener('change', apply)
  const stop = watch(choice, apply, { immediate: true })
  return () => {
    system.removeEventListener('change', apply)
    stop()
  }
}
