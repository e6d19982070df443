import { formatAddress, parseAddress } from '../../net/address.ts'
import { type ErrorClass, ProviderError } from '../errors.ts'
import {
  type Change,
  type Outcome,
  type RouteProvider,
  type TargetProblem,
  type TargetQuery,
  targetKey,
} from '../provider.ts'
import type { Table, Target } from '../route.ts'
import type { KernelChange, KernelOutcome, KernelRoutes } from './kernel-routes.ts'
import { observedRoutes } from './observed.ts'
import { Reach } from './reach.ts'

/** The one table of a machine that packets of pods follow, unless somebody has made rules that say otherwise. */
export const mainTable: Table = { id: 'main', name: 'main' }

export interface LinuxProviderOptions {
  readonly kernel: KernelRoutes
  /** The number by which our routes are known. */
  readonly protocol: number
}

/**
 * The port over one machine's own routing table. A route leads to an address of the node: there are no instances, and
 * nobody who would say that one is gone, so nothing is `gone` here, nothing needs to be prepared, and no limit is known.
 */
export function linuxProvider({ kernel, protocol }: LinuxProviderOptions): RouteProvider {
  return {
    name: 'linux',
    // The kernel puts one route in another's place in one step, for both families.
    capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'table', max: 1_000 } },

    tables: (signal) =>
      Promise.try(() => {
        signal.throwIfAborted()
        return [mainTable]
      }),

    async list(_table, signal) {
      const { routes } = await kernel.list(signal)
      return { routes: [...observedRoutes(routes, protocol).values()] }
    },

    async targets(wanted, signal) {
      signal.throwIfAborted()
      if (wanted.length === 0) return new Map()
      const reach = new Reach(await kernel.list(signal), protocol)
      return new Map(wanted.map((query) => [targetKey(query), targetOf(query, reach)]))
    },

    canonical: (route) => route,

    async apply(_table, { changes }, signal) {
      signal.throwIfAborted()
      if (changes.length === 0) return []
      const works = changes.map(kernelChange)
      const wanted = works.flatMap((work) => ('change' in work ? [work.change] : []))
      const outcomes = await carryOut(kernel, wanted, signal)
      const answers = outcomes.values()
      return works.map((work, index): Outcome => {
        if ('refusal' in work) return { result: 'failed', error: work.refusal }
        const outcome = answers.next().value
        if (outcome instanceof ProviderError) return { result: 'failed', error: outcome }
        return toOutcome(outcome, changes[index]?.op ?? 'create')
      })
    },
  }
}

/** One answer a change. What fails for all of them is each one's answer, unless one of them alone may be the reason. */
async function carryOut(
  kernel: KernelRoutes,
  changes: readonly KernelChange[],
  signal: AbortSignal,
): Promise<readonly (KernelOutcome | ProviderError)[]> {
  if (changes.length === 0) return []
  try {
    return await kernel.apply(changes, signal)
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (error.class === 'invalid' && changes.length > 1) throw error
    return changes.map(() => error)
  }
}

/** The first of the node's addresses that is on-link: a node may have others, in networks of its own. */
export function targetOf({ node, family }: TargetQuery, reach: Reach): Target | TargetProblem {
  const addresses = node.addresses.filter((address) => address.family === family)
  const found = addresses.find((address) => reach.linkTo(address) !== undefined)
  if (found !== undefined) return { kind: 'address', id: formatAddress(found) }
  const message =
    addresses.length === 0
      ? `node ${node.name} has no internal IPv${family} address yet`
      : `no link of this machine leads to node ${node.name} (${addresses.map(formatAddress).join(', ')}) without a gateway`
  return { problem: 'waiting', message }
}

function kernelChange(
  change: Change,
): { readonly change: KernelChange } | { readonly refusal: ProviderError } {
  const { destination, op } = change
  const strange = [
    ...(change.op === 'create' ? [] : [change.from]),
    ...(change.op === 'delete' ? [] : [change.target]),
  ].find(({ kind }) => kind !== 'address')
  if (strange !== undefined) {
    const message = `a kernel's route leads to an address, not to ${strange.kind} ${strange.id}`
    return { refusal: new ProviderError('invalid', message, { code: 'NoAddress', action: op }) }
  }
  switch (change.op) {
    case 'create':
      return { change: { op: 'create', destination, gateway: parseAddress(change.target.id) } }
    case 'replace':
      return {
        change: {
          op: 'replace',
          destination,
          from: parseAddress(change.from.id),
          gateway: parseAddress(change.target.id),
        },
      }
    case 'delete':
      return { change: { op: 'delete', destination, from: parseAddress(change.from.id) } }
  }
}

const [EPERM, EACCES] = [1, 13]

function toOutcome(outcome: KernelOutcome | undefined, action: Change['op']): Outcome {
  if (outcome === undefined) {
    const message = 'fewer outcomes than changes: what became of this one is not known'
    return {
      result: 'failed',
      error: new ProviderError('unknown-outcome', message, { code: 'NoAnswer', action }),
    }
  }
  if (outcome.result === 'done') {
    // Of a create alone: what a replace finds in place is as it shall be, whoever made it so.
    return outcome.existed === true && action === 'create'
      ? { result: 'done', existed: true }
      : { result: 'done' }
  }
  const { errno, message, reason } = outcome
  const error = new ProviderError(classOf(reason, errno), message, { code: codes[reason], action })
  return { result: 'failed', error }
}

const codes = {
  changed: 'RouteChanged',
  unreachable: 'GatewayNotOnLink',
  refused: 'OwnNetwork',
  system: 'SystemError',
} as const

function classOf(reason: keyof typeof codes, errno: number | undefined): ErrorClass {
  switch (reason) {
    case 'changed':
      return 'changed'
    case 'unreachable':
    case 'refused':
      return 'invalid'
    case 'system':
      return errno === EPERM || errno === EACCES ? 'unauthorized' : 'transient'
  }
}
