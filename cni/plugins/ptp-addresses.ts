import { addressBits } from '../../net/address.ts'
import { type InterfaceAddress, cidrAround } from '../../net/cidr.ts'
import type { Lease } from '../ipam/host-local.ts'
import { isOpError } from '../netlink/error.ts'
import { Scope } from '../netlink/route.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { ResultRoute } from '../spec/result.ts'
import { Errno, type Files, type Handle } from '../sys.ts'
import { setSysctl, trySysctl } from './sysctl.ts'
import type { Veth } from './veth.ts'

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
 * Sets both ends up, before they get addresses.
 *
 * No address will be tentative: the only neighbour of each end is the other one, so there is nobody to detect a
 * duplicate with, and the wait for it has cost others one to two seconds a pod
 * (https://github.com/containernetworking/plugins/issues/680, https://github.com/kubernetes/kubernetes/issues/54651).
 */
export function setUp({ files, pod, host, veth, namespace }: Ends): void {
  const { link, hostName, hostIndex } = veth
  // A pod is no router: its advertisements must not reach the host's routing tables.
  trySysctl(files, `ipv6/conf/${hostName}/accept_ra`, '0')
  trySysctl(files, `ipv6/conf/${hostName}/accept_dad`, '0')
  trySysctl(files, `ipv6/conf/${link.name}/accept_dad`, '0', namespace)
  // The pod keeps its address when somebody sets the interface down and up again.
  trySysctl(files, `ipv6/conf/${link.name}/keep_addr_on_down`, '1', namespace)
  // The pod first: the kernel tells the first end at once that there is a carrier now, the second at times a second later.
  pod.setUp(link.index)
  host.setUp(hostIndex, veth.hostAlias)
}

/** The host's side: the gateway's address (the same on every veth, so without a subnet), and a route to the pod. */
export function configureHost({ files, host, veth }: Ends, leases: readonly Lease[]): void {
  const { hostName, hostIndex } = veth
  for (const { address, gateway } of leases) {
    const prefixLength = addressBits(gateway.family)
    const enable = (): void => setSysctl(files, `ipv6/conf/${hostName}/disable_ipv6`, '0')
    addAddress(host, hostIndex, { address: gateway, prefixLength }, enable)
    host.addRoute({
      destination: cidrAround(address.address, prefixLength),
      index: hostIndex,
      scope: Scope.host,
    })
  }
}

/**
 * The pod's side: its addresses, and routes that send everything, its own subnet too, through the gateway: the other
 * pods of the subnet are not on this wire.
 */
export function configurePod(
  { files, pod, veth, namespace }: Ends,
  leases: readonly Lease[],
  routes: readonly ResultRoute[],
): void {
  const { link } = veth
  for (const { address } of leases) {
    addAddress(pod, link.index, address, () => {
      setSysctl(files, 'ipv6/conf/lo/disable_ipv6', '0', namespace)
      setSysctl(files, `ipv6/conf/${link.name}/disable_ipv6`, '0', namespace)
    })
  }
  for (const { address, gateway } of leases) {
    const source = address.address
    const onLink = cidrAround(gateway, addressBits(gateway.family))
    pod.addRoute({ destination: onLink, index: link.index, source, scope: Scope.link })
    const subnet = cidrAround(source, address.prefixLength)
    pod.addRoute({ destination: subnet, index: link.index, gateway, source, scope: Scope.universe })
  }
  for (const route of routes) {
    const { dst, gw, mtu, advmss, priority, table, scope } = route
    pod.addRoute({
      destination: dst,
      index: link.index,
      gateway: gw ?? leases.find(({ gateway }) => gateway.family === dst.family)?.gateway,
      scope: scope ?? Scope.universe,
      table,
      priority,
      mtu,
      advertisedMss: advmss,
    })
  }
}

/** Adds an address; where IPv6 is off for the link, as container engines have it, turns it on first. */
function addAddress(
  rtnetlink: Rtnetlink,
  index: number,
  address: InterfaceAddress,
  enableIpv6: () => void,
): void {
  try {
    rtnetlink.addAddress(index, address)
  } catch (error) {
    if (address.address.family !== 6 || !isOpError(error, Errno.EACCES)) throw error
    enableIpv6()
    rtnetlink.addAddress(index, address)
  }
}
