import type { Family } from '../../../net/address.ts'
import { ProviderError } from '../../errors.ts'
import type { ExaminationTools, ExaminedCluster, ExaminedNode } from '../../examined.ts'
import { NodePlaces } from '../../node-places.ts'
import type { TargetProblem } from '../../provider.ts'
import { type Reading, orRefusal, valueOf } from '../../reading.ts'
import { networkPath } from '../arm-api.ts'
import { type Arm, read } from '../call.ts'
import { NodeInterfaces } from '../node-interfaces.ts'
import { groupOfId, networkOf } from '../resource-ids.ts'
import { isRunning } from '../running.ts'
import { ClusterTables, type TableSelection } from '../tables.ts'
import { addressAmong, findInterfaces, subnetsOf } from '../targets.ts'
import { forwardingWrite, passedInterfaces } from './forwarding.ts'
import { isCredentialProblem } from './credential-problem.ts'
import type { AzurePicture, ExaminedPlace, ExaminedTables } from './picture.ts'
import { askPolicies } from './policies.ts'
import { readGroups, readLimits, readLocks, readPermissions } from './scopes.ts'
import type { ExaminedWireTable } from './wire.ts'
import { readNetworks, readSecurityGroups, securityGroupsOf } from './networks.ts'

/** What is examined: the Nodes, as the controller would be configured for them. */
export interface SurveyRequest extends ExaminedCluster, Pick<AzurePicture, 'routesPerTable'> {
  readonly selection: TableSelection
  /** Ids of the resource groups in which machines are looked for by address. */
  readonly nodeGroups: readonly string[]
  /** The id of the nodes' network, if it is told. */
  readonly network: string | undefined
}

export interface SurveyTools extends ExaminationTools {
  readonly arm: Arm
}

/**
 * Reads all that the checks look at. It writes nothing. What these credentials may not read is left out, and said to be.
 * @throws ProviderError for any other failure: what is not known then is not what somebody could allow
 */
export async function survey(
  request: SurveyRequest,
  tools: SurveyTools,
  signal: AbortSignal,
): Promise<AzurePicture> {
  const { arm, progress } = tools
  const { clusterName, nodes, pools, routesPerTable } = request
  const look = <T>(work: () => Promise<T>): Promise<Reading<T>> =>
    orRefusal(() => tools.attempt(work), isDenied)
  const lookOwn = <T>(work: () => Promise<T>): Promise<Reading<T>> =>
    orRefusal(() => tools.attempt(work), isUnavailable)
  const known = new NodePlaces()

  progress('resource groups')
  const { nodeGroups, selection } = request
  const groups = await lookOwn(() => readGroups(arm, [...nodeGroups, ...selection.tableGroups], signal))
  const absent = new Set((valueOf(groups) ?? []).flatMap((group) => (group.absent ? [group.id] : [])))
  const isThere = (group: string): boolean => !absent.has(group)
  progress(`the machines of ${nodes.length} Nodes`)
  const found = { ...request, nodeGroups: nodeGroups.filter(isThere) }
  const places = await look(() => locate(found, arm, known, signal))
  const placed = [...(valueOf(places)?.values() ?? [])].flatMap((place) =>
    'problem' in place ? [] : [place],
  )
  const running = await look(() => readRunning(arm, placed, signal))
  progress('route tables')
  const searched = { ...selection, tableGroups: selection.tableGroups.filter(isThere) }
  const tables = await look(() => readTables(arm, searched, known, signal))
  const chosen = valueOf(tables)?.chosen ?? []
  progress('networks and security groups')
  const followers = chosen.flatMap(({ wire }) => (wire.properties?.subnets ?? []).map(({ id = '' }) => id))
  const subnets = [...placed.flatMap((place) => place.subnets), ...followers]
  const networks = await lookOwn(() => readNetworks(arm, subnets.map(networkOf), signal))
  const securing = securityGroupsOf(valueOf(networks) ?? [], placed)
  const securityGroups = await lookOwn(() => readSecurityGroups(arm, securing, signal))
  progress('permissions, locks, policies and limits')
  const tableIds = chosen.map(({ id }) => id)
  const [permissions, locks, denials, limits] = await Promise.all([
    lookOwn(() => readPermissions(arm, [...tableIds, ...placed.flatMap(scopesOfWrites)], signal)),
    lookOwn(() => readLocks(arm, tableIds.map(groupOfId), signal)),
    lookOwn(() => askPolicies(arm, chosen, signal)),
    lookOwn(() => readLimits(arm, chosen, signal)),
  ])
  return {
    ...{ clusterName, nodes, pools, routesPerTable },
    ...{ groups, places, running, tables, networks, securityGroups, permissions, locks, denials, limits },
  }
}

/** A role could allow it; other refusals, of credentials that are none, no role can change. */
const isDenied = (error: ProviderError): boolean =>
  error.class === 'unauthorized' && !isCredentialProblem(error)

/** Of what only the examination asks: it may also be that the cloud, a sovereign one say, does not have it. */
const isUnavailable = (error: ProviderError): boolean =>
  isDenied(error) || error.class === 'invalid' || error.class === 'not-found'

async function locate(
  { network, nodeGroups, nodes, pools }: Pick<SurveyRequest, 'network' | 'nodeGroups' | 'nodes' | 'pools'>,
  arm: Arm,
  known: NodePlaces,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ExaminedPlace | TargetProblem>> {
  const interfaces = new NodeInterfaces({ arm, groups: nodeGroups, network: network?.toLowerCase() })
  const found = await findInterfaces(interfaces, nodes, signal)
  const places = new Map<string, ExaminedPlace | TargetProblem>()
  for (const node of nodes) {
    const its = found.get(node.name)
    if (its === undefined) continue
    if ('problem' in its) {
      places.set(node.name, its)
      continue
    }
    const subnets = subnetsOf(its)
    const families = familiesOf(node, pools)
    places.set(node.name, {
      machine: its[0]?.machine ?? '',
      interfaces: its,
      subnets,
      targets: new Map(families.map((family) => [family, addressAmong(its, node, family)])),
    })
    const [first = ''] = subnets
    known.learn(node, { vpcId: networkOf(first), subnets })
  }
  return places
}

/** Those in which routes are to lead to the Node. */
const familiesOf = ({ podCIDRs }: ExaminedNode, pools: ExaminedCluster['pools']): readonly Family[] => {
  const wanted = podCIDRs.length > 0 ? podCIDRs : pools.map(({ range }) => range)
  return [...new Set(wanted.map(({ family }) => family))].sort()
}

/** Where forwarding is yet to be turned on. */
const scopesOfWrites = (place: ExaminedPlace): readonly string[] =>
  passedInterfaces(place)
    .filter(({ forwards }) => !forwards)
    .map((one) => forwardingWrite(one).scope)

async function readRunning(
  arm: Arm,
  places: readonly ExaminedPlace[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, boolean>> {
  const machines = [...new Set(places.map(({ machine }) => machine))]
  return new Map(
    await Promise.all(
      machines.map(async (machine) => [machine, await isRunning(arm, machine, signal)] as const),
    ),
  )
}

/** Each as it is at the moment: one that is being written is not waited for. */
async function readTables(
  arm: Arm,
  selection: TableSelection,
  known: NodePlaces,
  signal: AbortSignal,
): Promise<ExaminedTables> {
  const found = await new ClusterTables(arm, selection, known).find(signal)
  const tables = await Promise.all(
    found.map(async ({ id, name = id }) => {
      try {
        const wire = await read<ExaminedWireTable>(arm, 'RouteTables_Get', networkPath(id), signal)
        return { id, name, wire }
      } catch (error) {
        if (error instanceof ProviderError && error.class === 'not-found') return id
        throw error
      }
    }),
  )
  return {
    chosen: tables.filter((table) => typeof table !== 'string'),
    missing: tables.filter((table) => typeof table === 'string'),
  }
}
