// What a button opens beside itself: it is left with Escape, which leads back to the button, and with a click elsewhere.

import { nextTick, onScopeDispose, ref, type Ref, type ShallowRef } from 'vue'

/** A part that is open or not. */
export interface Popover {
  open: Readonly<Ref<boolean>>
  toggle(): void
  /** Opens it with the focus in its first control. */
  show(): Promise<void>
  /** Closes it; the focus goes back to the button. */
  close(): void
}

/** Makes one. `root` has the button, which is the first in it, and what it opens. */
export function usePopover(root: Readonly<ShallowRef<HTMLElement | null>>): Popover {
  const open = ref(false)

  function outside(event: Event): void {
    if (!(event.target instanceof Node && root.value?.contains(event.target))) open.value = false
  }

  window.addEventListener('pointerdown', outside)
  onScopeDispose(() => window.removeEventListener('pointerdown', outside))

  return {
    open,
    toggle() {
      open.value = !open.value
    },
    async show() {
      open.value = true
      await nextTick()
      root.value?.querySelector<HTMLElement>(':scope > button + * :is(button, select, input)')?.focus()
    },
    close() {
      open.value = false
      root.value?.querySelector<HTMLElement>(':scope > button')?.focus()
    },
  }
}
