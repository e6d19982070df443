import { formatCidr } from '../../../net/cidr.ts'
import type { ExaminedNode } from '../../examined.ts'
import { type Finding, type FindingObject, someOf } from '../../finding.ts'
import type { TargetProblem } from '../../provider.ts'
import { valueOf } from '../../reading.ts'
import { instanceOfPath } from '../resource-names.ts'
import { found } from './finding-codes.ts'
import {
  type GcpPicture,
  type Place,
  type PlaceInterface,
  interfacesOf,
  networkPaths,
  placedNodes,
} from './picture.ts'
import { delegation } from './pod-ranges.ts'

/** Whether each Node has a running instance, with an interface in a network of the cluster, that routes may lead to. */
export function checkNodes(picture: GcpPicture): readonly Finding[] {
  const { clusterName, nodes } = picture
  const object = { kind: 'cluster', name: clusterName }
  if (nodes.length === 0) return [found('NoNodes', { object, message: 'The cluster has no Nodes.' })]
  const places = valueOf(picture.places)
  const findings = nodes.flatMap((node) => {
    const place = places?.get(node.name)
    return [
      ...withoutId(node, place),
      ...(place === undefined
        ? []
        : 'problem' in place
          ? [lost(node, place)]
          : atPlace(node, place, picture)),
    ]
  })
  const paths = networkPaths(picture)
  // Without networks, that is said elsewhere.
  if (findings.length > 0 || places === undefined || paths.length === 0) return findings
  const message = `${someOf(
    'Node',
    nodes.map(({ name }) => name),
  )} found on instances in ${paths.join(', ')}.`
  return [found('NodesLocated', { object, message })]
}

function withoutId({ name, providerID }: ExaminedNode, place: Place | TargetProblem | undefined) {
  if (providerID !== undefined) return []
  const how =
    place === undefined || 'problem' in place
      ? ''
      : `; by its addresses it is ${place.path}, which may change`
  const message = `Node ${name} has no spec.providerID${how}.`
  return [found('NodeWithoutProviderID', { object: objectOf(name), message })]
}

const objectOf = (name: string): FindingObject => ({ kind: 'Node', name })

const lost = ({ name }: ExaminedNode, { message }: TargetProblem): Finding =>
  found('NodeNotFound', {
    object: objectOf(name),
    message: `No instance of Node ${name} is known: ${message}.`,
  })

function atPlace(node: ExaminedNode, place: Place, picture: GcpPicture): readonly Finding[] {
  const object = objectOf(node.name)
  const { isOfGke, path, status } = place
  const name = `Node ${node.name} (${path})`
  return [
    ...(isOfGke
      ? [found('NodeOfGke', { object, message: `${name} has the label goog-gke-node: GKE made it.` })]
      : []),
    ...(status === 'RUNNING' ? [] : [notRunning(node.name, place)]),
    ...inNetworks(node, place, name, picture),
  ]
}

function notRunning(name: string, { path, status }: Place): Finding {
  const { instance = path, project = '', zone = '' } = instanceOfPath(path) ?? {}
  const verb = status === 'SUSPENDED' ? 'resume' : 'start'
  return found('NodeNotRunning', {
    object: objectOf(name),
    message: `The instance of Node ${name}, ${path}, is ${status}.`,
    fix: `gcloud compute instances ${verb} ${instance} --project ${project} --zone ${zone}, or delete the Node.`,
  })
}

function inNetworks(
  { name: node, podCIDRs }: ExaminedNode,
  place: Place,
  name: string,
  picture: GcpPicture,
): readonly Finding[] {
  const object = objectOf(node)
  const paths = networkPaths(picture)
  if (paths.length === 0) return []
  const own = interfacesOf(place, picture)
  const [first] = own
  if (first === undefined) {
    const others = place.interfaces.map(({ network }) => network).join(', ')
    const message = `${name} has its interfaces in ${others}, and the cluster's routes are of ${paths.join(', ')}.`
    const fix = `--gcp-network ${place.interfaces[0]?.network ?? 'NAME'}, if that is the cluster's network.`
    return [found('NodeInAnotherNetwork', { object, message, fix })]
  }
  return [
    ...severalInterfaces(object, name, own, place),
    ...podCIDRs
      .filter((cidr) => !delegation(picture)(cidr) && !hasFamily(own, cidr.family))
      .map((cidr) =>
        found('NodeWithoutFamily', {
          object,
          message: `${name} has no IPv${cidr.family} address in the network, and its podCIDR ${formatCidr(cidr)} is IPv${cidr.family}.`,
        }),
      ),
  ]
}

const hasFamily = (interfaces: readonly PlaceInterface[], family: 4 | 6): boolean =>
  interfaces.some(({ addresses }) => addresses.some((text) => text.includes(':') === (family === 6)))

function severalInterfaces(
  object: FindingObject,
  name: string,
  own: readonly PlaceInterface[],
  place: Place,
): readonly Finding[] {
  if (own.length === 1 && own[0]?.name === place.interfaces[0]?.name) return []
  const ways = own.map((nic) => `${nic.name} (${nic.network})`).join(' and ')
  const message = `Pods of ${name} are reached by ${ways}, and it has ${place.interfaces.length} interfaces.`
  return [found('NodeNotByFirstInterface', { object, message })]
}

/** Whether Google lets the instances forward what is not addressed to them. What alias ranges deliver is addressed to them. */
export function checkForwarding(picture: GcpPicture): readonly Finding[] {
  const isDelegated = delegation(picture)
  const isRouted = ({ podCIDRs }: ExaminedNode): boolean =>
    podCIDRs.length === 0 ? picture.settings.mode === 'routes' : !podCIDRs.every(isDelegated)
  const placed = placedNodes(picture).filter(({ node }) => isRouted(node))
  const findings = placed
    .filter(({ place }) => !place.canIpForward)
    .map(({ node, place }) => {
      const { instance = '', project = '', zone = '' } = instanceOfPath(place.path) ?? {}
      const where = `${instance} --project ${project} --zone ${zone}`
      return found('IpForwardingOff', {
        object: { kind: 'instance', name: place.path },
        message: `The instance of Node ${node.name} may not forward packets.`,
        fix: `gcloud compute instances export ${where} --destination i.yaml, set "canIpForward: true" in it, and gcloud compute instances update-from-file ${where} --source i.yaml --most-disruptive-allowed-action=REFRESH; and in the instance template.`,
      })
    })
  if (findings.length > 0 || placed.length === 0) return findings
  const object = { kind: 'cluster', name: picture.clusterName }
  return [
    found('IpForwardingOn', {
      object,
      message: `The instances of ${placed.length} Nodes with routes may forward packets.`,
    }),
  ]
}
