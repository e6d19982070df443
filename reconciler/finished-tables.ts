import type { RouteProvider } from '../providers/provider.ts'

/**
 * The provider, whose listings never show a table that is unfinished: it is finished before, and listed again. What would
 * be taken for gone otherwise may still be in force, and what is there may be taken for missing, and forgotten. A table that
 * can't be finished can't be read.
 */
export function finishing(provider: RouteProvider): RouteProvider {
  const { finish } = provider
  if (finish === undefined) return provider
  return {
    ...provider,
    async list(table, signal) {
      const snapshot = await provider.list(table, signal)
      if (snapshot.isUnfinished !== true) return snapshot
      await finish(table, signal)
      return provider.list(table, signal)
    },
  }
}
