import type { Address } from '../../net/address.ts'
import { addOnLinkAddress } from '../netlink/on-link-address.ts'
import { Scope } from '../netlink/route.ts'
import { type Rtnetlink, addRoute, setUp } from '../netlink/rtnetlink.ts'
import { configError } from '../spec/json.ts'
import type { AssignedAddress, ResultRoute } from '../spec/result.ts'
import type { Files, Handle } from '../sys.ts'
import { changeWithIpv6, enablePodIpv6 } from './enabling-ipv6.ts'
import { trySysctl } from './sysctl.ts'

/** A pod's interface among neighbours, and what it gets. */
export interface PodAddresses {
  readonly files: Files
  readonly pod: Rtnetlink
  readonly namespace: Handle
  readonly link: { readonly index: number; readonly name: string }
  readonly addresses: readonly AssignedAddress[]
  readonly routes: readonly ResultRoute[]
  /** Of IPv6: asks the neighbours first. Without, addresses can be used at once. */
  readonly detectDuplicates: boolean
}

/**
 * Gives the interface its addresses, sets it up, and makes its routes; those without a gateway get the first one of their
 * family. The interface tells its neighbours of its addresses whenever it comes up: they may remember who had them before.
 *
 * @throws CniError "config" (7) if there is no address, with upstream's text; OpError
 */
export function configurePod(request: PodAddresses): void {
  const { files, pod, namespace, link, addresses, routes, detectDuplicates } = request
  if (addresses.length === 0) throw configError('IPAM plugin returned missing IP config')
  const setting = `conf/${link.name}`
  trySysctl(files, `ipv4/${setting}/arp_notify`, '1', namespace)
  if (addresses.some(({ address }) => address.address.family === 6)) {
    if (detectDuplicates) trySysctl(files, `ipv6/${setting}/enhanced_dad`, '1', namespace)
    trySysctl(files, `ipv6/${setting}/accept_dad`, detectDuplicates ? '1' : '0', namespace)
    trySysctl(files, `ipv6/${setting}/ndisc_notify`, '1', namespace)
    // The pod keeps its address when somebody sets the interface down and up again.
    trySysctl(files, `ipv6/${setting}/keep_addr_on_down`, '1', namespace)
  }
  const changes = [
    ...addresses.map(({ address }) => addOnLinkAddress(link.index, address, { detectDuplicates })),
    setUp(link.index),
    ...routes.map(({ dst, gw, mtu, advmss, priority, table, scope }) => {
      const gateway = gw ?? firstGateway(addresses, dst.family)
      const way = { destination: dst, index: link.index, gateway, table, priority }
      const metrics = { mtu, advertisedMss: advmss }
      return addRoute({ ...way, ...metrics, scope: scope ?? Scope.universe }, { exclusive: false })
    }),
  ]
  changeWithIpv6(pod, changes, () => enablePodIpv6(files, link.name, namespace))
}

const firstGateway = (addresses: readonly AssignedAddress[], family: 4 | 6): Address | undefined =>
  addresses.find(({ gateway }) => gateway?.family === family)?.gateway
