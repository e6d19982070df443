import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { KubeClient } from '../kube/client.ts'
import { type Clock, systemClock } from '../kube/clock.ts'
import { runAsLeader } from '../kube/leader-election.ts'
import { defaultLeaderElectionTimes } from '../kube/leader-election-config.ts'
import { type Lease, leaseType } from '../kube/lease.ts'
import { type LogFields, silentLogger } from '../kube/log.ts'
import { Resource } from '../kube/resource.ts'

/** A controller that works renews its Lease long before that; one that has crashed has lost it by then. */
const patienceMs = 20_000

export interface AloneOptions {
  readonly kube: KubeClient
  readonly namespace: string
  readonly name: string
  readonly clock?: Clock
}

/**
 * Runs the work while no controller works: it holds the Lease of the controllers as long.
 * @throws Error if another holds it
 */
export async function alone(
  { kube, namespace, name, clock = systemClock }: AloneOptions,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const patience = new AbortController()
  const timer = clock.setTimeout(() => patience.abort(), patienceMs)
  const seen: { leader: string; began: boolean; error?: unknown } = { leader: '', began: false }
  const log = { ...silentLogger, warn: ({ err }: LogFields) => void (seen.error = err) }
  try {
    await runAsLeader(
      {
        ...defaultLeaderElectionTimes,
        leases: new Resource<Lease>(kube, leaseType),
        namespace,
        name,
        identity: `${hostname()}_${randomUUID()}`,
        clock,
        random: Math.random,
        log,
        onLeader: (identity) => (seen.leader = identity),
      },
      (term) => {
        seen.began = true
        timer.cancel()
        return work(term)
      },
      AbortSignal.any([signal, patience.signal]),
    )
  } finally {
    timer.cancel()
  }
  signal.throwIfAborted()
  if (seen.began) return
  const lease = `the Lease ${namespace}/${name}`
  if (seen.leader === '' && seen.error instanceof Error)
    throw new Error(`${lease} of the controllers can’t be held: ${seen.error.message}`, { cause: seen.error })
  throw new Error(
    `a controller is at work (${seen.leader === '' ? 'somebody' : seen.leader} holds ${lease}): stop it first`,
  )
}
