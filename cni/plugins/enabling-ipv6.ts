import { AddressMessage } from '../netlink/address.ts'
import type { Request } from '../netlink/connection.ts'
import { isOpError } from '../netlink/error.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { Errno, type Files, type Handle } from '../sys.ts'
import { setSysctl } from './sysctl.ts'

/**
 * Makes the changes; where IPv6 is off for the link, as container engines have it, turns it on and makes the rest.
 * @throws OpError of the first that the kernel refuses
 */
export function changeWithIpv6(
  rtnetlink: Rtnetlink,
  changes: readonly Request[],
  enableIpv6: () => void,
): void {
  const refused = rtnetlink.change(changes)
  const [first] = refused
  if (first === undefined) return
  if (first.request.type !== AddressMessage.create || !isOpError(first.error, Errno.EACCES)) throw first.error
  enableIpv6()
  const [still] = rtnetlink.change(refused.map(({ request }) => request))
  if (still !== undefined) throw still.error
}

/** Of a pod's interface, and of its loopback. */
export function enablePodIpv6(files: Files, name: string, namespace: Handle): void {
  setSysctl(files, 'ipv6/conf/lo/disable_ipv6', '0', namespace)
  setSysctl(files, `ipv6/conf/${name}/disable_ipv6`, '0', namespace)
}
