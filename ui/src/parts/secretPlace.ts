// Where a source's token is to be kept: what its settings say, beside where it is.

import { ref, watch, type Ref } from 'vue'

import type { SecretPlace } from '../bridge/generated/SecretPlace'
import type { SourceView } from '../bridge/generated/SourceView'
import { useBelfry } from '../state/belfry'

/**
 * The place that a source's settings name; unknown until the engine has said so. It is asked for again whenever the
 * token is found somewhere else: the settings may be edited meanwhile.
 */
export function useSecretPlace(source: () => SourceView): Ref<SecretPlace | null> {
  const belfry = useBelfry()
  const place = ref<SecretPlace | null>(null)
  watch(
    () => [source().id, source().secret] as const,
    async ([id]) => {
      const { secrets } = await belfry.query({ type: 'source', source: id }).catch(() => ({ secrets: null }))
      if (id === source().id) place.value = secrets
    },
    { immediate: true },
  )
  return place
}
