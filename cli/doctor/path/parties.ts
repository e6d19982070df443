import type { KubeClient } from '../../../kube/client.ts'
import { isNotFound } from '../../../kube/errors.ts'
import type { KubeObject, Node } from '../../../kube/objects.ts'
import { Resource, type ResourceType } from '../../../kube/resource.ts'
import { nodeType } from '../../../kube/node-type.ts'
import {
  type Address,
  AddressSyntaxError,
  type Family,
  compareAddresses,
  formatAddress,
  parseAddress,
} from '../../../net/address.ts'
import { containsAddress } from '../../../net/cidr.ts'
import type { ExaminedNode } from '../../../providers/examined.ts'
import { listAll } from '../../list-all.ts'
import { examinedNode } from '../examined-node.ts'
import type { PathEndFlag } from './path-config.ts'
import type { Party } from './path-picture.ts'

interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly hostNetwork?: boolean }
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly podIPs?: readonly { readonly ip?: string }[]
  }
}

interface Service extends KubeObject {
  readonly spec?: { readonly clusterIP?: string; readonly clusterIPs?: readonly string[] }
}

export const podType: ResourceType = { group: '', version: 'v1', plural: 'pods', namespaced: true }
const serviceType: ResourceType = { group: '', version: 'v1', plural: 'services', namespaced: true }

/** How the cluster is read. */
export interface ClusterReader {
  readonly kube: KubeClient
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T>
  readonly signal: AbortSignal
}

/** Who can't be asked about, and why. `message` names the flag, the value, and what would do. */
export class PartyError extends Error {
  readonly code = 'ERR_PARTY'
  override readonly name = 'PartyError'
}

/** The two ends, once for each family that both have, IPv4 first. @throws PartyError, KubeError */
export async function findParties(
  ends: { readonly from: PathEndFlag; readonly to: PathEndFlag },
  reader: ClusterReader,
): Promise<readonly { readonly source: Party; readonly destination: Party }[]> {
  const list = await reader.attempt(() => listAll(new Resource<Node>(reader.kube, nodeType), reader.signal))
  const nodes = list.map(examinedNode)
  const [sources, destinations] = await Promise.all([
    partiesOf('--from', ends.from, nodes, reader),
    partiesOf('--to', ends.to, nodes, reader),
  ])
  const pairs = ([4, 6] as const).flatMap((family) => {
    const [source, destination] = [ofFamily(sources, family), ofFamily(destinations, family)]
    return source === undefined || destination === undefined ? [] : [{ source, destination }]
  })
  if (pairs.length > 0) return pairs
  const families = (parties: readonly Party[]): string =>
    parties.map(({ address }) => formatAddress(address)).join(', ')
  throw new PartyError(
    `--from has ${families(sources)} and --to has ${families(destinations)}: they have no family in common, so no packet goes between them`,
  )
}

const ofFamily = (parties: readonly Party[], family: Family): Party | undefined =>
  parties.find(({ address }) => address.family === family)

async function partiesOf(
  flag: string,
  end: PathEndFlag,
  nodes: readonly ExaminedNode[],
  reader: ClusterReader,
): Promise<readonly Party[]> {
  return end.kind === 'pod'
    ? podParties(flag, end, nodes, reader)
    : [await addressParty(flag, end.address, nodes, reader)]
}

async function podParties(
  flag: string,
  { name, namespace }: Extract<PathEndFlag, { kind: 'pod' }>,
  nodes: readonly ExaminedNode[],
  { attempt, kube, signal }: ClusterReader,
): Promise<readonly Party[]> {
  const text = `${namespace}/${name}`
  let pod: Pod
  try {
    pod = await attempt(() => new Resource<Pod>(kube, podType).get(name, { namespace, signal }))
  } catch (error) {
    if (isNotFound(error)) throw new PartyError(`${flag} ${text}: there is no such pod`, { cause: error })
    throw error
  }
  const { hostNetwork = false, nodeName } = pod.spec ?? {}
  const { phase, podIP, podIPs = podIP === undefined ? [] : [{ ip: podIP }] } = pod.status ?? {}
  const addresses = podIPs.flatMap(({ ip }) => (ip === undefined ? [] : readAddress(ip)))
  const node = nodes.find((one) => one.name === nodeName)
  if (addresses.length === 0 || phase === 'Succeeded' || phase === 'Failed')
    throw new PartyError(
      `${flag} ${text}: the pod has no address now (${phase ?? 'no phase'}): kubectl describe pod -n ${namespace} ${name} says why`,
    )
  if (node === undefined)
    throw new PartyError(`${flag} ${text}: there is no Node ${nodeName ?? 'for it'} in the cluster any more`)
  return addresses.map((address) => ({ name: `pod ${text}`, address, node, isHost: hostNetwork }))
}

/** By the Nodes' podCIDRs and addresses: whoever asks need not be allowed to list pods. */
async function addressParty(
  flag: string,
  address: Address,
  nodes: readonly ExaminedNode[],
  reader: ClusterReader,
): Promise<Party> {
  const name = formatAddress(address)
  const host = nodes.find(({ addresses }) => addresses.some((one) => compareAddresses(one, address) === 0))
  if (host !== undefined) return { name: `Node ${host.name}`, address, node: host, isHost: true }
  const node = nodes.find(({ podCIDRs }) => podCIDRs.some((range) => containsAddress(range, address)))
  if (node !== undefined) return { name, address, node, isHost: false }
  await refuseService(flag, name, reader)
  return { name, address, node: undefined, isHost: false }
}

/** A ClusterIP is nowhere: kube-proxy puts the address of an endpoint in its place before a packet goes anywhere. */
async function refuseService(flag: string, address: string, reader: ClusterReader): Promise<void> {
  const { attempt, kube, signal } = reader
  const services = await attempt(() => listAll(new Resource<Service>(kube, serviceType), signal))
  const service = services.find(
    ({ spec }) => spec?.clusterIP === address || spec?.clusterIPs?.includes(address) === true,
  )
  if (service === undefined) return
  const { name, namespace = 'default' } = service.metadata
  throw new PartyError(
    `${flag} ${address} is the ClusterIP of Service ${namespace}/${name}, which kube-proxy (or what stands in for it) translates into the address of an endpoint before a packet is routed: give one of its pods (kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${name})`,
  )
}

function readAddress(text: string): readonly Address[] {
  try {
    return [parseAddress(text)]
  } catch (error) {
    if (error instanceof AddressSyntaxError) return []
    throw error
  }
}
