import type { RouteProvider } from '../../providers/provider.ts'
import { formatTarget } from '../../providers/route.ts'

/** What became of the targets' own settings. */
export interface Forwarding {
  /** So many were made to forward; the others did already. */
  readonly changed: number
  readonly failed: readonly { readonly target: string; readonly message: string }[]
}

/** The provider, and a count of what it has made forward so far. */
export function countingForwarding(provider: RouteProvider): {
  readonly provider: RouteProvider
  readonly forwarding: () => Forwarding
} {
  const prepare = provider.prepare?.bind(provider)
  if (prepare === undefined) return { provider, forwarding: () => ({ changed: 0, failed: [] }) }
  let changed = 0
  const failed = new Map<string, string>()
  const counting: RouteProvider = {
    ...provider,
    async prepare(targets, signal) {
      const outcomes = await prepare(targets, signal)
      for (const [index, target] of targets.entries()) {
        const outcome = outcomes[index]
        const name = formatTarget(target)
        if (outcome?.result === 'failed') failed.set(name, outcome.error.message)
        else failed.delete(name)
        if (outcome?.result === 'done' && outcome.changed) changed++
      }
      return outcomes
    },
  }
  const forwarding = (): Forwarding => ({
    changed,
    failed: [...failed]
      .map(([target, message]) => ({ target, message }))
      .sort((a, b) => (a.target < b.target ? -1 : 1)),
  })
  return { provider: counting, forwarding }
}
