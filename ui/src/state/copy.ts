// Copying a text, and saying so for a moment.

import { onScopeDispose, readonly, ref, type Ref } from 'vue'

const SAID_FOR = 2_000

/** What copies, and whether it has just done so. */
export interface Copy {
  copied: Readonly<Ref<boolean>>
  /** Copies a text; without the right to the clipboard, what shows it is at least selected for Ctrl+C. */
  copy(text: string, shown: Node | null): Promise<void>
}

/** Copies for the calling component. */
export function useCopy(): Copy {
  const copied = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  return {
    copied: readonly(copied),
    async copy(text, shown) {
      try {
        await navigator.clipboard.writeText(text)
      } catch {
        if (shown) getSelection()?.selectAllChildren(shown)
        return
      }
      copied.value = true
      clearTimeout(timer)
      timer = setTimeout(() => (copied.value = false), SAID_FOR)
    },
  }
}
