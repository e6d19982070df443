import { formatAddress } from '../../../net/address.ts'
import type { Finding } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import type { NodeInterface } from '../interfaces.ts'
import { machineOf } from '../resource-ids.ts'
import { targetOf } from '../routes.ts'
import { found } from './finding-codes.ts'
import { passedInterfaces } from './forwarding.ts'
import { type AzurePicture, placedNodes, shortName } from './picture.ts'

/** Whether the interfaces that pods' packets pass let them through. */
export function checkForwarding(picture: AzurePicture): readonly Finding[] {
  const hops = nextHops(picture)
  const placed = placedNodes(picture)
  const findings = placed.flatMap(({ node, place }) =>
    passedInterfaces(place)
      .filter(({ forwards }) => !forwards)
      .map((one) => about(one, node.name, hops)),
  )
  if (findings.length > 0 || placed.length === 0) return findings
  return [
    found('ForwardingOn', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: 'IP forwarding is on at every interface that pods’ packets pass.',
    }),
  ]
}

/** To which addresses the cluster's tables lead. */
const nextHops = ({ tables }: AzurePicture): ReadonlySet<string> =>
  new Set(
    (valueOf(tables)?.chosen ?? []).flatMap(({ wire }) =>
      (wire.properties?.routes ?? []).map((route) => targetOf(route).id),
    ),
  )

function about(one: NodeInterface, node: string, hops: ReadonlySet<string>): Finding {
  const name = shortName(one.id)
  const object = { kind: 'network-interface', name }
  const set = machineOf(one.machine ?? '')?.scaleSet
  const fix =
    set === undefined
      ? `az network nic update --ids ${one.id} --ip-forwarding true`
      : `Set enableIPForwarding in the network profile of the scale set ${shortName(set)}, and update its instances.`
  const isUsed = one.addresses.some(({ address }) => hops.has(formatAddress(address)))
  return isUsed
    ? found('ForwardingDrops', {
        object,
        message: `Routes lead to Node ${node}, and IP forwarding of its ${name} is off: it drops pods’ packets.`,
        fix,
      })
    : found('ForwardingOff', { object, message: `IP forwarding of ${name} of Node ${node} is off.`, fix })
}
