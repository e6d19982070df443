import type { Running } from '../doctor/running.ts'
import { everythingRunning } from '../doctor/running.ts'
import type { ClusterFacts } from './cluster-facts.ts'
import { type ClusterRanges, clusterRanges } from './cluster-ranges.ts'
import { type Platform, platformOf } from './platform.ts'
import type { Predecessor } from './predecessor.ts'

export interface MigrationRequest {
  readonly from: Predecessor
  /** Whether podway is to give Nodes their podCIDRs, or whoever does it goes on. */
  readonly allocates: boolean
  /** `--provider aws --cluster-name prod`, or what to put in there. */
  readonly cloudFlags: string
}

/** What findings and steps rest on. */
export interface Context extends MigrationRequest {
  readonly facts: ClusterFacts
  readonly running: readonly Running[]
  readonly ranges: ClusterRanges | undefined
  readonly platform: Platform | undefined
}

export function contextOf(facts: ClusterFacts, request: MigrationRequest): Context {
  const running = everythingRunning(facts)
  const platform = platformOf(facts.nodes)
  return { ...request, facts, running, ranges: clusterRanges(running), platform }
}
