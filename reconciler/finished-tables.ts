import { ProviderError } from '../providers/errors.ts'
import type { RouteProvider } from '../providers/provider.ts'

/**
 * The provider, whose listings never show a table that is unfinished: it is finished before, and listed again. What would
 * be taken for gone otherwise may still be in force, and what is there may be taken for missing, and forgotten. A table that
 * can't be finished can't be read; but one that the cloud refuses for what stands in it is read as it is, since a route
 * that is nobody's here, and can't be mended, must not keep all others from being looked after.
 */
export function finishing(provider: RouteProvider): RouteProvider {
  const { finish } = provider
  if (finish === undefined) return provider
  return {
    ...provider,
    async list(table, signal) {
      const snapshot = await provider.list(table, signal)
      if (snapshot.isUnfinished !== true) return snapshot
      try {
        await finish(table, signal)
      } catch (error) {
        if (error instanceof ProviderError && (error.class === 'invalid' || error.class === 'quota'))
          return snapshot
        throw error
      }
      return provider.list(table, signal)
    },
  }
}
