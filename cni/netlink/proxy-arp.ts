import { PayloadWriter } from './attribute.ts'
import type { Request } from './connection.ts'
import { LinkMessage } from './link.ts'

/** IFLA_AF_SPEC, AF_INET and IFLA_INET_CONF, one inside of the other (linux/if_link.h, linux/socket.h). */
const [familySettings, ipv4, values] = [26, 2, 1]
/** IPV4_DEVCONF_PROXY_ARP (linux/ip.h). */
const proxyArp = 3

/**
 * Has the kernel answer on that link for every IPv4 address that it would send elsewhere: the sysctl `proxy_arp`, but by
 * netlink, for /proc/sys is read-only in most containers.
 */
export function turnOnProxyArp(index: number): Request {
  // struct ifinfomsg: nothing of the link itself changes.
  const writer = new PayloadWriter().octets(0, 0, 0, 0).u32(index).u32(0).u32(0)
  writer.nested(familySettings, () =>
    writer.nested(ipv4, () => writer.nested(values, () => writer.attributeU32(proxyArp, 1))),
  )
  return {
    operation: `turn on proxy_arp of link ${index}`,
    type: LinkMessage.set,
    payload: writer.finish(),
  }
}
