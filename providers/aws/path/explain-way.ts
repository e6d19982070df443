import type { Instance, NetworkInterface } from '@aws-sdk/client-ec2'
import { ProviderError } from '../../errors.ts'
import type { ExaminationTools, ExaminedNode } from '../../examined.ts'
import type { Finding } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import type { CloudPacket, ExplainWay } from '../../path.ts'
import type { TargetProblem } from '../../provider.ts'
import type { Ec2 } from '../call.ts'
import { interfacesById } from '../network-interfaces.ts'
import { NodeInstances } from '../node-instances.ts'
import { type RouteTable, describeTables } from '../route-table.ts'
import { Sightings } from '../sightings.ts'
import { isPrimary } from '../target-interface.ts'
import { wireRange } from '../wire-range.ts'
import { type WayInterface, judgeAwsWay } from './judge-way.ts'

export interface AwsWayOptions extends Pick<ExaminationTools, 'attempt'> {
  readonly ec2: Ec2
  readonly clock: { monotonic(): number }
}

/** Explains a packet's way through a VPC by what EC2 says of the two Nodes' instances and of one route table. */
export const explainAwsWay =
  (options: AwsWayOptions): ExplainWay =>
  async (packet, signal) => {
    try {
      return await explain(packet, options, signal)
    } catch (error) {
      if (!(error instanceof ProviderError) || error.class !== 'unauthorized') throw error
      const object = { kind: 'permission', name: error.action ?? error.code }
      return [foundOnWay('CloudNotRead', { object, message: `${error.message}.` })]
    }
  }

async function explain(
  packet: CloudPacket,
  { attempt, clock, ec2 }: AwsWayOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { destination, from, mac, source, to } = packet
  const instances = new NodeInstances({
    ec2,
    // It looks once: what is not there now is not there.
    sightings: new Sightings({ clock, settleMs: 0 }),
    matchNodeNames: false,
    // A Node without provider ID may be any instance of any VPC.
    vpcs: () => Promise.resolve([]),
  })
  const nodes = [from, ...(to === undefined ? [] : [to])]
  const found = await attempt(() => instances.find(nodes, signal))
  const placed = (node: ExaminedNode): Instance | TargetProblem =>
    found.get(node.name) ?? { problem: 'waiting', message: 'no instance is known' }
  const [sender, receiver] = [placed(from), to === undefined ? undefined : placed(to)]
  if ('problem' in sender) return [unknownPlace(from, sender)]
  const isKnown = receiver !== undefined && !('problem' in receiver)
  const enis = await attempt(() =>
    interfacesById(ec2, [...idsOf(sender), ...(isKnown ? idsOf(receiver) : [])], signal),
  )
  const of = (instance: Instance): readonly WayInterface[] =>
    idsOf(instance).flatMap((id) => {
      const eni = enis.get(id)
      return eni === undefined ? [] : [wayInterface(eni)]
    })
  const own = of(sender)
  const eni = own.find((one) => mac !== undefined && one.mac === mac) ?? own.find((one) => one.isPrimary)
  if (eni === undefined)
    return [unknownPlace(from, { problem: 'waiting', message: 'its instance has no network interface' })]
  const table = await attempt(() => followedTable(ec2, eni.subnetId, sender.VpcId, signal))
  const way = { source, destination, sender: { node: from.name, eni }, table }
  return [
    ...judgeAwsWay({
      ...way,
      receiver: isKnown && to !== undefined ? { node: to.name, enis: of(receiver) } : undefined,
    }),
    ...(receiver !== undefined && 'problem' in receiver && to !== undefined
      ? [unknownPlace(to, receiver)]
      : []),
  ]
}

/** A subnet follows the table that it is associated with, else the main one of its VPC. */
async function followedTable(
  ec2: Ec2,
  subnetId: string | undefined,
  vpcId: string | undefined,
  signal: AbortSignal,
): Promise<RouteTable | undefined> {
  if (subnetId === undefined || vpcId === undefined) return undefined
  const ofVpc = { Name: 'vpc-id', Values: [vpcId] }
  const named = await describeTables(
    ec2,
    [ofVpc, { Name: 'association.subnet-id', Values: [subnetId] }],
    signal,
  )
  const own = named.find(({ subnets }) => subnets.includes(subnetId))
  if (own !== undefined) return own
  const main = await describeTables(ec2, [ofVpc, { Name: 'association.main', Values: ['true'] }], signal)
  return main.find(({ isMain }) => isMain)
}

const idsOf = ({ NetworkInterfaces = [] }: Instance): readonly string[] =>
  NetworkInterfaces.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? [])

function wayInterface(eni: NetworkInterface): WayInterface {
  const { Ipv6Addresses = [], Ipv6Prefixes = [], MacAddress, NetworkInterfaceId: id = '' } = eni
  const { Ipv4Prefixes = [], PrivateIpAddress, PrivateIpAddresses = [], SourceDestCheck, SubnetId } = eni
  const v4 = [PrivateIpAddress, ...PrivateIpAddresses.map((one) => one.PrivateIpAddress)]
  const texts = [
    ...v4.map((text) => (text === undefined ? undefined : `${text}/32`)),
    ...Ipv6Addresses.map(({ Ipv6Address }) => (Ipv6Address === undefined ? undefined : `${Ipv6Address}/128`)),
    ...Ipv4Prefixes.map(({ Ipv4Prefix }) => Ipv4Prefix),
    ...Ipv6Prefixes.map(({ Ipv6Prefix }) => Ipv6Prefix),
  ]
  return {
    id,
    mac: MacAddress?.toLowerCase(),
    subnetId: SubnetId,
    sourceDestCheck: SourceDestCheck,
    own: texts.flatMap((text) => wireRange(text) ?? []),
    isPrimary: isPrimary(eni),
  }
}

const unknownPlace = ({ name }: ExaminedNode, { message }: TargetProblem): Finding =>
  foundOnWay('CloudPlaceUnknown', {
    object: { kind: 'Node', name },
    message: `What AWS does with packets of Node ${name} is not known: ${message}.`,
  })
