import { someOf } from '../../providers/finding.ts'
import { type NodeRoute, nodeRouteName } from '../../reconciler/node-route/node-route.ts'
import { isOursToChange } from '../../reconciler/report/condition-reason.ts'
import type { Node } from '../../kube/objects.ts'
import type { Pod } from '../doctor/cluster.ts'
import { routesText } from '../output.ts'
import { type ClusterFacts, valueOr } from './cluster-facts.ts'
import { podCidrsOf } from './cluster-ranges.ts'
import { agentName, controllerLease, podwayNamespace } from './places.ts'
import { type Verdict, done, left, unknown } from './step.ts'

/** A controller renews every 2 s; the rest is the difference of two machines' clocks. */
const freshMs = 60_000

/** Whether a controller leads, wherever it runs: by its Lease. */
export function controllerWorks({ lease, now }: Pick<ClusterFacts, 'lease' | 'now'>): Verdict {
  if ('unread' in lease)
    return unknown(`Whether podway’s controller works is not known: ${lease.unread.message}.`)
  const { holderIdentity = '', renewTime } = lease.value?.spec ?? {}
  const name = `${podwayNamespace}/${controllerLease}`
  if (holderIdentity === '') return left(`No podway controller is at work: nobody holds the Lease ${name}.`)
  const ago = now - Date.parse(renewTime ?? '')
  if (!(Math.abs(ago) <= freshMs))
    return left(
      `No podway controller is at work: ${holderIdentity} has not renewed the Lease ${name} since ${renewTime ?? 'ever'}.`,
    )
  return done(`podway’s controller works: ${holderIdentity} holds the Lease ${name}.`)
}

/**
 * Whether no route to a podCIDR is somebody else’s. Those that Terraform, say, goes on to own count for their Nodes all the
 * same, so nobody but the user can say whether that is meant; those that are not there yet are nobody’s.
 */
export function routesRecorded(facts: Pick<ClusterFacts, 'nodeRoutes' | 'nodes' | 'routes'>): Verdict {
  if ('unread' in facts.nodeRoutes)
    return unknown(`Which routes are podway’s is not known: ${facts.nodeRoutes.unread.message}.`)
  const adoptable = (facts.routes?.findings ?? []).filter(({ answer }) => answer.adopt).length
  if (adoptable > 0) return left(`${routesText(adoptable)} in the tables can be taken over.`)
  const records = recordsByName(facts.nodeRoutes.value)
  const foreign = facts.nodes
    .filter((node) => podCidrsOf(node).length > 0 && isRouted(node, records))
    .filter((node) => !recordsOf(node, records).every(isOurs))
  if (foreign.length === 0) return done('No route to a podCIDR is somebody else’s.')
  return unknown(
    `The routes to ${someNodes(foreign)} are somebody else’s: they count, and podway neither repairs nor deletes them.`,
  )
}

/** Whether the routes to every podCIDR are in all tables, by podway’s own account. */
export function routesProgrammed(facts: Pick<ClusterFacts, 'nodeRoutes' | 'nodes'>): Verdict {
  if ('unread' in facts.nodeRoutes)
    return unknown(`Which routes are written is not known: ${facts.nodeRoutes.unread.message}.`)
  const records = recordsByName(facts.nodeRoutes.value)
  const waiting = facts.nodes.filter((node) => podCidrsOf(node).length === 0 || !isRouted(node, records))
  if (waiting.length > 0) return left(`Not all routes to ${someNodes(waiting)} are written.`)
  const unavailable = facts.nodes.filter(isUnavailable)
  if (unavailable.length > 0)
    return left(`The condition NetworkUnavailable of ${someNodes(unavailable)} is True, or not there yet.`)
  return done('The routes to all podCIDRs are in all tables.')
}

const isOurs = (record: NodeRoute | undefined): boolean =>
  record !== undefined && tablesOf(record).every(({ state }) => state !== 'Satisfied')

/** Routes that somebody else wrote have no record, or one that says so. */
const isRouted = (node: Node, records: ReadonlyMap<string, NodeRoute>): boolean =>
  recordsOf(node, records).every((record) => (record === undefined ? isSaidRouted(node) : isWritten(record)))

const isWritten = (record: NodeRoute): boolean =>
  tablesOf(record).length > 0 &&
  tablesOf(record).every(({ state }) => state === 'Programmed' || state === 'Satisfied')

const tablesOf = ({ status }: NodeRoute): NonNullable<NonNullable<NodeRoute['status']>['tables']> =>
  status?.tables ?? []

const isSaidRouted = ({ status }: Node): boolean =>
  (status?.conditions ?? []).some(
    ({ reason, status, type }) =>
      type === 'NetworkUnavailable' && status === 'False' && reason === 'RouteCreated',
  )

/** What a predecessor says of itself does not count against it. */
function isUnavailable({ status }: Node): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  return isOursToChange(condition?.reason) && condition?.status !== 'False'
}

const recordsByName = (records: readonly NodeRoute[]): ReadonlyMap<string, NodeRoute> =>
  new Map(records.map((record) => [record.metadata.name, record]))

/** One for each podCIDR, and undefined where there is none, or it is of another Node. */
const recordsOf = (node: Node, records: ReadonlyMap<string, NodeRoute>): readonly (NodeRoute | undefined)[] =>
  podCidrsOf(node).map((cidr) => {
    const record = records.get(nodeRouteName(cidr))
    return record?.spec.node.uid === node.metadata.uid ? record : undefined
  })

/** Names of the Nodes whose agent is ready, which it is when its node is set up. */
export const nodesWithAgent = ({ podwayPods }: Pick<ClusterFacts, 'podwayPods'>): ReadonlySet<string> =>
  new Set(
    valueOr(podwayPods, [])
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === agentName)
      .filter(isReady)
      .flatMap(({ spec }) => (spec?.nodeName === undefined ? [] : [spec.nodeName])),
  )

const isReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')

/** Whether the Node's agent says that others answer over the pod network. */
export const isReachable = ({ status }: Node): boolean =>
  (status?.conditions ?? []).some(({ type, status }) => type === 'PodNetworkReachable' && status === 'True')

export const someNodes = (nodes: readonly Node[]): string =>
  someOf(
    'Node',
    nodes.map(({ metadata }) => metadata.name),
  )
