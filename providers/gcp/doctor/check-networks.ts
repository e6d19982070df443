import type { Finding } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import type { WireNetwork } from '../gce-api.ts'
import { type ResourcePath, pathOf } from '../resource-names.ts'
import { found } from './finding-codes.ts'
import type { GcpPicture } from './picture.ts'

/** Of a network that was given none. Source: https://docs.cloud.google.com/vpc/docs/mtu */
const defaultMtu = 1460

const mtuOf = ({ mtu }: WireNetwork): number => (mtu === undefined || mtu === 0 ? defaultMtu : mtu)

/** Whether the networks are there. */
export const checkNetworks = ({ networks }: GcpPicture): readonly Finding[] =>
  [...(valueOf(networks) ?? [])].flatMap(([path, network]) =>
    network !== undefined
      ? []
      : [
          found('NetworkNotFound', {
            object: { kind: 'network', name: path },
            message: `There is no network ${path}.`,
          }),
        ],
  )

/** Whether a packet that fits one network fits the others that it may pass. */
export function checkMtu({ clusterName, networks }: GcpPicture): readonly Finding[] {
  const there = [...(valueOf(networks) ?? [])].flatMap(([path, network]) =>
    network === undefined ? [] : [{ path, network }],
  )
  const [first] = there
  if (first === undefined) return []
  const own = mtuOf(first.network)
  const findings = there.flatMap(({ path, network }) => [
    ...(mtuOf(network) === own ? [] : [differ(path, mtuOf(network), first.path, own)]),
    ...(network.peerings ?? [])
      .filter(({ peerMtu = 0, state }) => state === 'ACTIVE' && peerMtu !== 0 && peerMtu !== mtuOf(network))
      .map(({ network: peer = '', peerMtu = 0 }) => differ(path, mtuOf(network), pathOf(peer), peerMtu)),
  ])
  if (findings.length > 0) return findings
  const message = `The MTU is ${own}: no interface of a pod may have more, and podway-cni gives them that of the Node.`
  return [found('NetworkMtu', { object: { kind: 'cluster', name: clusterName }, message })]
}

const differ = (path: ResourcePath, mtu: number, other: ResourcePath, otherMtu: number): Finding =>
  found('MtusDiffer', {
    object: { kind: 'network', name: path },
    message: `${path} has MTU ${mtu}, and ${other} has ${otherMtu}.`,
  })
