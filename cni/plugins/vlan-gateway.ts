import { enslave } from '../netlink/bridge.ts'
import { createVeth } from '../netlink/creation.ts'
import { isOpError } from '../netlink/error.ts'
import type { Link } from '../netlink/link.ts'
import { linkDetails } from '../netlink/link-details.ts'
import { type Rtnetlink, setUp } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { requireInterfaceName } from '../spec/interface-name.ts'
import { Errno, type Handle, type System } from '../sys.ts'
import { podLinkGroup } from './link-group.ts'
import { setPortVlans } from './port-vlans.ts'
import { randomMac } from './random-mac.ts'
import { hostVethName, nameAttempts } from './veth-name.ts'

/** A VLAN of a bridge that the machine is to be the gateway of. */
export interface WantedGateway {
  readonly bridge: Link
  readonly vlan: number
  readonly keepsDefault: boolean
  /** Our own namespace. */
  readonly namespace: Handle
}

/**
 * The interface that the machine has in a VLAN, `cni0.100`: one end of a veth whose other end is a port of the bridge in
 * that VLAN. It stays, as the bridge does. One whose maker was killed on the way is finished: its port is set up last.
 *
 * @throws CniError with upstream's words
 */
export function ensureVlanGateway(system: System, host: Rtnetlink, wanted: WantedGateway): Link {
  const { bridge, vlan, keepsDefault } = wanted
  const name = requireInterfaceName(`${bridge.name}.${vlan}`, ErrorCode.config, 'vlan: ')
  const link = host.link(name) ?? create(system, host, name, wanted)
  const port = link.peerIndex === undefined ? undefined : linkDetails(host, link.peerIndex)
  if (link.kind !== 'veth' || port === undefined)
    throw new CniError(
      ErrorCode.internal,
      `failed to create vlan interface: ${JSON.stringify(name)} already exists but is not the end of a veth`,
    )
  if (link.up && port.up && port.master === bridge.index) return link
  const mark = { alias: `podway gateway ${name}`, group: podLinkGroup }
  for (const { error } of host.change([enslave(port.index, bridge.index, mark)])) throw error
  setPortVlans(host, port.index, { access: vlan, trunk: [], keepsDefault })
  for (const { error } of host.change([setUp(link.index, mark), setUp(port.index)])) throw error
  return link
}

function create(system: System, host: Rtnetlink, name: string, { bridge, namespace }: WantedGateway): Link {
  const own = system.files.descriptor(namespace)
  const end = { name, namespace: own, mac: randomMac(system) }
  for (let attempt = 0; attempt < nameAttempts; attempt++) {
    const portName = hostVethName({ containerId: bridge.name, ifName: name }, attempt)
    try {
      const port = { name: portName, namespace: own, mac: randomMac(system) }
      const made = createVeth(host, end, port, bridge.mtu)
      if (made !== undefined) return made
    } catch (error) {
      if (!isOpError(error, Errno.EEXIST)) throw error
      // Another pod's ADD was faster.
      const found = host.link(name)
      if (found !== undefined) return found
    }
  }
  throw new CniError(ErrorCode.tryAgainLater, 'failed to find a unique veth name')
}
