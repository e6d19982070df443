import { addressBits } from '../../net/address.ts'
import { cidrAround } from '../../net/cidr.ts'
import { Scope } from '../netlink/route.ts'
import { type Rtnetlink, addAddress, addRoute, setNeighbour, setUp } from '../netlink/rtnetlink.ts'
import type { ResultRoute } from '../spec/result.ts'
import type { Files, Handle } from '../sys.ts'
import { changeWithIpv6, enablePodIpv6 } from './enabling-ipv6.ts'
import type { Lease } from './lease.ts'
import { podLinkGroup } from './link-group.ts'
import { setSysctl, trySysctl } from './sysctl.ts'
import type { Veth } from './veth.ts'

/** These are new on a new link: if there is one already, something is wrong. */
const exclusive = { exclusive: true }

/** Both sides of a pair that was made. */
export interface Ends {
  readonly files: Files
  readonly pod: Rtnetlink
  readonly host: Rtnetlink
  readonly veth: Veth
  /** The pod's namespace. */
  readonly namespace: Handle
}

/**
 * Says how IPv6 behaves on both ends, before they are set up.
 *
 * No address will be tentative: the only neighbour of each end is the other one, so there is nobody to detect a
 * duplicate with, and the wait for it has cost others one to two seconds a pod
 * (https://github.com/containernetworking/plugins/issues/680, https://github.com/kubernetes/kubernetes/issues/54651).
 */
export function prepare({ files, veth, namespace }: Ends, leases: readonly Lease[]): void {
  const { link, hostName } = veth
  // A pod is no router: its advertisements must not reach the host's routing tables.
  trySysctl(files, `ipv6/conf/${hostName}/accept_ra`, '0')
  // Without an address that waits there is nothing to gain: only link-local ones are detected then, and nobody waits.
  if (!leases.some(({ gateway }) => gateway.family === 6)) return
  trySysctl(files, `ipv6/conf/${hostName}/accept_dad`, '0')
  trySysctl(files, `ipv6/conf/${link.name}/accept_dad`, '0', namespace)
  // The pod keeps its address when somebody sets the interface down and up again.
  trySysctl(files, `ipv6/conf/${link.name}/keep_addr_on_down`, '1', namespace)
}

/**
 * The pod's side: it is set up, gets its addresses, and routes that send everything, its own subnet too, through the
 * gateway: the other pods of the subnet are not on this wire. The gateway's hardware address is said for good, since the
 * wire has just one other end, and hosts have settings by which they don't answer for it
 * (https://github.com/containernetworking/plugins/issues/134, https://github.com/kubernetes-sigs/kind/pull/3881).
 *
 * It comes before {@link configureHost}: the kernel tells the end that was set up first at once that there is a carrier
 * now, the second at times a second later.
 */
export function configurePod(
  { files, pod, veth, namespace }: Ends,
  leases: readonly Lease[],
  routes: readonly ResultRoute[],
): void {
  const { index, name } = veth.link
  const changes = [setUp(index), ...leases.map(({ address }) => addAddress(index, address))]
  for (const { address, gateway } of leases) {
    const source = address.address
    const onLink = cidrAround(gateway, addressBits(gateway.family))
    const subnet = cidrAround(source, address.prefixLength)
    changes.push(
      setNeighbour(index, gateway, veth.hostMac),
      addRoute({ destination: onLink, index, source, scope: Scope.link }, exclusive),
      addRoute({ destination: subnet, index, gateway, source, scope: Scope.universe }, exclusive),
    )
  }
  for (const route of routes) {
    const { dst, gw, mtu, advmss, priority, table, scope } = route
    const gateway = gw ?? leases.find(({ gateway }) => gateway.family === dst.family)?.gateway
    const way = { destination: dst, index, gateway, scope: scope ?? Scope.universe, table, priority }
    changes.push(addRoute({ ...way, mtu, advertisedMss: advmss }, { exclusive: false }))
  }
  changeWithIpv6(pod, changes, () => enablePodIpv6(files, name, namespace))
}

/**
 * The host's side: it is set up, gets the gateway's address (the same on every veth, so without a subnet), and a route
 * to the pod. It asks for the pod's hardware address when it needs it: plugins later in the chain may change that.
 */
export function configureHost({ files, host, veth }: Ends, leases: readonly Lease[]): void {
  const { hostName, hostIndex: index } = veth
  const changes = [setUp(index, { alias: veth.hostAlias, group: podLinkGroup })]
  for (const { address, gateway } of leases) {
    const prefixLength = addressBits(gateway.family)
    const destination = cidrAround(address.address, prefixLength)
    changes.push(
      addAddress(index, { address: gateway, prefixLength }),
      addRoute({ destination, index, scope: Scope.host }, exclusive),
    )
  }
  changeWithIpv6(host, changes, () => setSysctl(files, `ipv6/conf/${hostName}/disable_ipv6`, '0'))
}
