import { type Address, addressBits, addressToBytes } from '../../../net/address.ts'
import { cidrAround } from '../../../net/cidr.ts'
import { ProviderError } from '../../errors.ts'
import type { ExaminationTools, ExaminedNode } from '../../examined.ts'
import type { Finding } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import type { CloudPacket, ExplainWay } from '../../path.ts'
import type { TargetProblem } from '../../provider.ts'
import { orRefusal, valueOf } from '../../reading.ts'
import { addressOnWire } from '../../wire-addresses.ts'
import type { Gce } from '../call.ts'
import { isDenied } from '../denials.ts'
import { aliasesOf } from '../doctor/place.ts'
import type { WireInstance, WireInterface } from '../gce-api.ts'
import { addressesOf, allInstances, findInstances, mayBeLive } from '../instances.ts'
import { listRoutes, readNetwork } from '../network-routes.ts'
import {
  type ResourcePath,
  instanceOfPath,
  instanceOfProviderID,
  instancePath,
  pathOf,
} from '../resource-names.ts'
import { subnetsOf } from '../subnets.ts'
import { byAddress } from '../targets.ts'
import type { GcpWay, WayInstance, WayInterface } from './gcp-way.ts'
import { isForAnother } from './judge-delivery.ts'
import { judgeGcpWay } from './judge-way.ts'

export interface GcpWayOptions extends Pick<ExaminationTools, 'attempt'> {
  readonly gce: Gce
  /** Where instances of Nodes without provider ID are looked for. */
  readonly instanceProject: string
  /** The cluster's, by ids of projects or by their numbers. */
  readonly networks: readonly ResourcePath[]
}

/** Explains a packet's way through a VPC network by what Compute Engine says of both instances, routes and subnets. */
export const explainGcpWay =
  (options: GcpWayOptions): ExplainWay =>
  async (packet, signal) => {
    try {
      return await explain(packet, options, signal)
    } catch (error) {
      if (!(error instanceof ProviderError) || !isDenied(error)) throw error
      const object = { kind: 'permission', name: error.action ?? error.code }
      return [foundOnWay('CloudNotRead', { object, message: `${error.message}.` })]
    }
  }

async function explain(
  packet: CloudPacket,
  options: GcpWayOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { destination, from, source, to } = packet
  const { attempt, gce } = options
  const [sender, receiver] = await Promise.all([
    attempt(() => placeOf(from, options, signal)),
    to === undefined ? undefined : attempt(() => placeOf(to, options, signal)),
  ])
  if ('problem' in sender) return [unknownPlace(from, sender)]
  const nic = await leavingBy(sender, packet, options, signal)
  if (nic === undefined)
    return [unknownPlace(from, { problem: 'waiting', message: 'its instance has no network interface' })]
  const [routes, subnets] = await Promise.all([
    attempt(() => listRoutes(gce, nic.network, '', signal)),
    attempt(() => subnetsOf(gce, nic.network, signal)),
  ])
  const way: GcpWay = {
    ...{ source, destination, routes, subnets },
    sender: { node: from.name, instance: sender, nic },
    receiver:
      to === undefined || receiver === undefined || 'problem' in receiver
        ? undefined
        : { node: to.name, podCIDRs: to.podCIDRs, instance: receiver },
    others: undefined,
  }
  return [
    ...judgeGcpWay({ ...way, others: await othersOf(way, options, signal) }),
    ...(to !== undefined && receiver !== undefined && 'problem' in receiver
      ? [unknownPlace(to, receiver)]
      : []),
  ]
}

/** Who has an alias range Google can't be asked: it takes all instances, so only where it matters. */
async function othersOf(
  way: GcpWay,
  { attempt, gce }: GcpWayOptions,
  signal: AbortSignal,
): Promise<GcpWay['others']> {
  const project = instanceOfPath(way.receiver?.instance.path ?? '')?.project
  if (project === undefined || !isForAnother(way)) return undefined
  const read = await orRefusal(() => attempt(() => allInstances(gce, project, signal)), isDenied)
  return valueOf(read)?.map(wayInstance)
}

async function placeOf(
  node: ExaminedNode,
  options: GcpWayOptions,
  signal: AbortSignal,
): Promise<WayInstance | TargetProblem> {
  const { name, providerID } = node
  const { gce, instanceProject } = options
  if (providerID === undefined) {
    const finder = { gce, instanceProject, networks: () => clusterNetworks(options, signal) }
    const [found] = await byAddress(finder, [node], signal)
    const one = found?.[1] ?? { problem: 'waiting', message: `no instance of node ${name} is known` }
    return 'problem' in one ? one : wayInstance(one)
  }
  const named = instanceOfProviderID(providerID)
  if (named === undefined)
    return { problem: 'invalid', message: `its providerID ${providerID} names no instance of Compute Engine` }
  const path = instancePath(named)
  const sighting = (await findInstances(gce, [named], signal)).get(path)
  if (sighting?.kind === 'unknown') throw sighting.error
  return sighting?.kind === 'instance'
    ? wayInstance(sighting.instance)
    : { problem: 'gone', message: `Compute Engine knows no ${path}` }
}

/** That with the hardware address, else the first in one of the cluster's networks, else the first. */
async function leavingBy(
  { interfaces }: WayInstance,
  { mac }: CloudPacket,
  options: GcpWayOptions,
  signal: AbortSignal,
): Promise<WayInterface | undefined> {
  const told = interfaces.find((nic) => mac !== undefined && macsOf(nic).includes(mac))
  if (told !== undefined || interfaces.length < 2) return told ?? interfaces[0]
  const networks = await options.attempt(() => clusterNetworks(options, signal))
  return interfaces.find(({ network }) => networks.includes(network)) ?? interfaces[0]
}

/** By the names that Google has for them in interfaces: who asks may have a project's number, as the metadata server tells it. */
const clusterNetworks = (
  { gce, networks }: GcpWayOptions,
  signal: AbortSignal,
): Promise<readonly ResourcePath[]> =>
  Promise.all(
    networks.map(async (path) => {
      try {
        return pathOf((await readNetwork(gce, path, signal)).selfLink ?? path)
      } catch (error) {
        if (error instanceof ProviderError && error.class === 'not-found') return path
        throw error
      }
    }),
  )

/** The API does not tell them: Google makes them of the IPv4 address, 42:01 before its bytes. */
const macsOf = ({ addresses }: WayInterface): readonly string[] =>
  addresses.flatMap((text) => {
    const address = addressOnWire(text)
    return address?.family === 4 ? [macOf(address)] : []
  })

const macOf = (address: Address): string =>
  [0x42, 0x01, ...addressToBytes(address)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')

const wayInstance = (instance: WireInstance): WayInstance => ({
  path: pathOf(instance.selfLink ?? ''),
  status: instance.status ?? 'UNKNOWN',
  isLive: mayBeLive({ kind: 'instance', instance }),
  canIpForward: instance.canIpForward === true,
  tags: instance.tags?.items ?? [],
  interfaces: (instance.networkInterfaces ?? []).map(wayInterface),
})

function wayInterface(nic: WireInterface): WayInterface {
  const addresses = addressesOf(nic)
  return {
    name: nic.name ?? '',
    network: pathOf(nic.network ?? ''),
    addresses,
    own: [
      ...aliasesOf(nic).map(({ range }) => range),
      ...addresses.flatMap((text) => {
        const address = addressOnWire(text)
        if (address === undefined) return []
        // All of the /96 around an address of IPv6 is delivered there.
        return [cidrAround(address, address.family === 6 ? 96 : addressBits(4))]
      }),
    ],
  }
}

const unknownPlace = ({ name }: ExaminedNode, { message }: TargetProblem): Finding =>
  foundOnWay('CloudPlaceUnknown', {
    object: { kind: 'Node', name },
    message: `What Google Cloud does with packets of Node ${name} is not known: ${message}.`,
  })
