import type { Instance } from '@aws-sdk/client-ec2'
import { ProviderError } from '../../errors.ts'
import type { ExaminationTools, ExaminedCluster } from '../../examined.ts'
import { type TargetProblem, isTargetProblem } from '../../provider.ts'
import { type Reading, orRefusal, valueOf } from '../../reading.ts'
import type { Ec2 } from '../call.ts'
import { interfacesById, taggedInterfaces } from '../network-interfaces.ts'
import { NodeInstances } from '../node-instances.ts'
import { NodePlaces } from '../../node-places.ts'
import { type RouteTable, type TableQuery, describeTables } from '../route-table.ts'
import { Sightings } from '../sightings.ts'
import { type TableSelection, namedTables, queriesFor, select } from '../table-selection.ts'
import { ClusterTables } from '../tables.ts'
import { type TargetInterface, isPrimary, targetOf } from '../target-interface.ts'
import type { AwsPicture, ExaminedInterface, ExaminedPlace, ExaminedTables } from './picture.ts'
import { tryWrites } from './trials.ts'
import { describeAcls, describeGroups, describePeers, describeVpcs, examineSubnets } from './vpc-network.ts'
import { wireRange } from '../wire-range.ts'

/** What is examined: the Nodes, as the controller would be configured for them. */
export interface SurveyRequest extends ExaminedCluster, Pick<AwsPicture, 'routesPerTable'> {
  readonly selection: TableSelection
  readonly targetInterface: TargetInterface
  readonly matchNodeNames: boolean
}

export interface SurveyTools extends ExaminationTools {
  readonly ec2: Ec2
  readonly clock: { monotonic(): number }
  /** Whether it was AWS that answered so far, and nobody in its place. */
  readonly isAws: () => boolean
}

/**
 * Reads all that the checks look at. It writes nothing. What these credentials may not read is left out, and said to be.
 * @throws ProviderError for any other failure: what is not known then is not what somebody could allow
 */
export async function survey(
  request: SurveyRequest,
  tools: SurveyTools,
  signal: AbortSignal,
): Promise<AwsPicture> {
  const { ec2, progress } = tools
  const { clusterName, nodes, pools, routesPerTable, selection } = request
  const read = <T>(work: () => Promise<T>): Promise<Reading<T>> =>
    orRefusal(() => tools.attempt(work), isDenied)
  const known = new NodePlaces()

  progress(`the instances of ${nodes.length} Nodes`)
  const places = await read(() => locate(request, tools, known, signal))
  progress('route tables')
  const tables = await read(() => readTables(ec2, selection, known, signal))
  const vpcIds = [
    ...known.vpcs.union(new Set((valueOf(tables)?.chosen ?? []).flatMap(({ vpcId }) => vpcId ?? []))),
  ]
  progress('network interfaces and security groups')
  const interfaceIds = [...(valueOf(places)?.values() ?? [])].flatMap((place) =>
    'problem' in place ? [] : place.interfaces,
  )
  const interfaces = await read(() => readInterfaces(ec2, interfaceIds, signal))
  const ofNodes = [...(valueOf(interfaces)?.values() ?? [])]
  const groupIds = ofNodes.flatMap((eni) => eni.groups)
  const groups = await read(() => describeGroups(ec2, groupIds, signal))
  progress('VPCs, subnets, peerings and network ACLs')
  const [vpcs, subnets, peers, acls] = await Promise.all([
    read(() => describeVpcs(ec2, vpcIds, signal)),
    read(() => examineSubnets(ec2, vpcIds, signal)),
    read(() => describePeers(ec2, vpcIds, signal)),
    read(() => describeAcls(ec2, vpcIds, signal)),
  ])
  progress('permissions, by dry runs')
  const trials = await tryWrites(
    {
      ec2,
      tables: valueOf(tables)?.chosen ?? [],
      interfaces: ofNodes,
      isAws: tools.isAws(),
      attempt: tools.attempt,
    },
    signal,
  )
  const asked = { clusterName, nodes, pools, routesPerTable }
  return { ...asked, places, tables, interfaces, vpcs, subnets, peers, groups, acls, trials }
}

/** Other refusals, of credentials that are none, no policy can change. */
const isDenied = ({ code }: ProviderError): boolean => code === 'UnauthorizedOperation'

async function locate(
  { matchNodeNames, nodes, selection, targetInterface }: SurveyRequest,
  { clock, ec2 }: SurveyTools,
  known: NodePlaces,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ExaminedPlace | TargetProblem>> {
  const tables = new ClusterTables(ec2, selection, known)
  const instances = new NodeInstances({
    ec2,
    // It looks once: what is not there now is not there.
    sightings: new Sightings({ clock, settleMs: 0 }),
    matchNodeNames,
    vpcs: (until) => tables.vpcs(until),
  })
  const found = await instances.find(nodes, signal)
  const ids = [...found.values()].flatMap((one) => ('problem' in one ? [] : (one.InstanceId ?? [])))
  const tagged =
    targetInterface.by === 'tag'
      ? await taggedInterfaces(ec2, ids, targetInterface, signal)
      : new Set<string>()
  const places = new Map<string, ExaminedPlace | TargetProblem>()
  for (const node of nodes) {
    const instance = found.get(node.name)
    if (instance === undefined) continue
    const place = 'problem' in instance ? instance : placeOf(instance, targetInterface, tagged)
    places.set(node.name, place)
    if (!('problem' in place)) known.learn(node, place)
  }
  return places
}

function placeOf(
  instance: Instance,
  choice: TargetInterface,
  tagged: ReadonlySet<string>,
): ExaminedPlace | TargetProblem {
  const { InstanceId: instanceId = '', VpcId: vpcId } = instance
  if (vpcId === undefined) return { problem: 'waiting', message: `instance ${instanceId} is in no VPC` }
  const target = targetOf(instance, choice, tagged)
  const passed = (instance.NetworkInterfaces ?? []).filter(
    (eni) => isPrimary(eni) || (!isTargetProblem(target) && eni.NetworkInterfaceId === target.id),
  )
  return {
    instanceId,
    vpcId,
    subnets: [...new Set(passed.flatMap(({ SubnetId }) => SubnetId ?? []))],
    target,
    interfaces: passed.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []),
  }
}

async function readTables(
  ec2: Ec2,
  selection: TableSelection,
  places: NodePlaces,
  signal: AbortSignal,
): Promise<ExaminedTables> {
  const read = new Map<string, RouteTable>()
  const add = async (queries: readonly TableQuery[]): Promise<void> => {
    for (const query of queries)
      for (const table of await describeTables(ec2, query, signal)) read.set(table.id, table)
  }
  await add(queriesFor(selection, places))
  const vpcs = [...places.vpcs.union(new Set([...read.values()].flatMap(({ vpcId }) => vpcId ?? [])))]
  if (vpcs.length > 0) await add([[{ Name: 'vpc-id', Values: vpcs }]])
  const missing = namedTables(selection).filter((id) => !read.has(id))
  const all = [...read.values()]
  try {
    const chosen = select(read, selection, places).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return { all, chosen, missing, refused: undefined }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.class !== 'fatal') throw error
    return { all, chosen: [], missing, refused: error }
  }
}

async function readInterfaces(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ExaminedInterface>> {
  const found = await interfacesById(ec2, ids, signal)
  return new Map(
    [...found].map(([id, { SourceDestCheck, SubnetId, Groups = [], Ipv6Prefixes = [] }]) => [
      id,
      {
        id,
        sourceDestCheck: SourceDestCheck,
        subnetId: SubnetId,
        groups: Groups.flatMap(({ GroupId }) => GroupId ?? []),
        delegated: Ipv6Prefixes.flatMap(({ Ipv6Prefix }) => wireRange(Ipv6Prefix) ?? []),
      },
    ]),
  )
}
