// A look at a server while its address is being typed, and what it found in one sentence.

import { computed, onScopeDispose, ref, type ComputedRef } from 'vue'

import type { NewSource } from '../bridge/generated/NewSource'
import type { ProbeReport } from '../bridge/generated/ProbeReport'
import { useBelfry } from '../state/belfry'
import { say } from '../words'

/** How long one may type before the server is asked, in milliseconds. */
const PAUSE = 600

/** A look. */
export interface Look {
  /** What is known now; empty where nothing is. */
  words: ComputedRef<string>
  /** Whether what is known is good. */
  isGood: ComputedRef<boolean>
  /** Looks after a pause, or forgets what was found where there is nothing to look at. */
  soon(source: NewSource | null, token: string): void
  /** Forgets what was found, and whatever is under way. */
  end(): void
}

/** A look at servers that are not added. */
export function useLook(): Look {
  const belfry = useBelfry()
  const found = ref<{ report: ProbeReport; hadToken: boolean } | null>(null)
  const busy = ref(false)
  let waiting: ReturnType<typeof setTimeout> | undefined
  let looks = 0

  function end(): void {
    clearTimeout(waiting)
    looks += 1
    busy.value = false
    found.value = null
  }
  onScopeDispose(end)

  async function look(source: NewSource, token: string): Promise<void> {
    const mine = ++looks
    busy.value = true
    try {
      const outcome = await belfry.handIn({ type: 'try', source }, { type: 'token', token })
      if (mine === looks && outcome.type === 'probed')
        found.value = { report: outcome.report, hadToken: token !== '' }
    } catch {
      // What is wrong with the address is said when it is sent.
      if (mine === looks) found.value = null
    } finally {
      if (mine === looks) busy.value = false
    }
  }

  const trouble = computed(() => {
    const checks = found.value?.report.checks ?? []
    const bad = checks.filter(({ verdict }) => verdict === 'failed' || verdict === 'warning')
    return bad.find(({ code }) => code !== 'token_missing') ?? null
  })
  const isGood = computed(() => found.value !== null && trouble.value === null)
  const words = computed(() => {
    if (busy.value) return say('setup.looking')
    if (found.value === null) return ''
    if (trouble.value !== null) return say(`probe.${trouble.value.code}`)
    const { report, hadToken } = found.value
    if (!hadToken) return say('setup.found_server')
    const user = report.user?.name ?? report.user?.id ?? null
    return user === null ? say('setup.found_all') : say('setup.found_user', { user })
  })

  return {
    words,
    isGood,
    soon(source, token) {
      end()
      if (source !== null) waiting = setTimeout(() => void look(source, token), PAUSE)
    },
    end,
  }
}
