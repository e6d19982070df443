import type { MeshProblem } from './plan-mesh.ts'
import type { Unsuitable } from './suitable.ts'

/** What became of one destination that is not routed as it should be. */
export interface PeerProblem {
  readonly node: string
  readonly destination: string
  readonly reason:
    MeshProblem['reason'] | 'WriteFailed' | 'DeleteBrake' | 'PolicyUpsertOnly' | 'PolicyObserve'
  readonly message: string
}

export type MeshStatus =
  /** Nothing was looked at yet, or it can't be now. */
  | {
      readonly state: 'waiting'
      readonly reason: 'Starting' | 'NoProviderID' | 'KernelUnavailable'
      readonly message: string
    }
  /** Nothing is written here. */
  | { readonly state: 'refused'; readonly reason: Unsuitable['reason']; readonly message: string }
  | {
      readonly state: 'running'
      /** Of other nodes: destinations that shall be routed. */
      readonly wanted: number
      /** Of those: the ones that are. */
      readonly programmed: number
      /** Sorted by destination. */
      readonly problems: readonly PeerProblem[]
      /** Of ours that nobody claims: kept by the brake, until somebody says so. */
      readonly held: number
      /** What is wrong with this machine; sentences for people. */
      readonly hazards: readonly string[]
    }

/** As a Node's condition has them. */
export interface MeshCondition {
  readonly status: 'True' | 'False' | 'Unknown'
  /** One CamelCase word for machines. */
  readonly reason: string
  readonly message: string
}

/** Of so many problems a condition tells; the metrics count them all. */
const shown = 3

/** What the Node's condition `MeshProgrammed` says. Pure. */
export function meshCondition(status: MeshStatus): MeshCondition {
  switch (status.state) {
    case 'waiting':
      return { status: 'Unknown', reason: status.reason, message: status.message }
    case 'refused':
      return { status: 'False', reason: status.reason, message: status.message }
    case 'running':
      return runningCondition(status)
  }
}

function runningCondition(status: Extract<MeshStatus, { state: 'running' }>): MeshCondition {
  const { hazards, problems, programmed, wanted } = status
  const complete = "all routes to other nodes' pods are in the kernel's table"
  const done = `${programmed} of ${wanted} routes to other nodes' pods are in the kernel's table`
  const warnings = hazards.map((hazard) => `; ${hazard}`).join('')
  const [first] = problems
  // The same as long as all is well: every Node that comes would otherwise be a write of every agent.
  if (first === undefined)
    return { status: 'True', reason: 'RoutesProgrammed', message: `${complete}${warnings}` }
  const told = problems
    .slice(0, shown)
    .map(({ destination, message, node }) => `${destination}${node === '' ? '' : ` (${node})`}: ${message}`)
    .join('; ')
  const rest = problems.length > shown ? `; and ${problems.length - shown} more` : ''
  // What is held is too much, not too little: the routes of other nodes are what counts.
  const isComplete = programmed === wanted
  return {
    status: isComplete ? 'True' : 'False',
    reason: isComplete ? 'RoutesProgrammed' : first.reason,
    message: `${isComplete ? complete : done}; ${told}${rest}${warnings}`,
  }
}
