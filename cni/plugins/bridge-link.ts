import { createBridge, setPromiscuous } from '../netlink/bridge.ts'
import { isOpError } from '../netlink/error.ts'
import { type LinkDetails, linkDetails } from '../netlink/link-details.ts'
import { type Rtnetlink, setUp } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { Errno, type System } from '../sys.ts'
import type { BridgeConfig } from './bridge-config.ts'
import { podLinkGroup } from './link-group.ts'
import { randomMac } from './random-mac.ts'
import { trySysctl } from './sysctl.ts'

/** The bridge that shall be there. */
export type WantedBridge = Pick<BridgeConfig, 'bridge' | 'mtu' | 'promiscuous' | 'vlans' | 'isGateway'>

/** One that is there, and whether that is our doing. */
export interface Bridge {
  readonly link: LinkDetails
  readonly isNew: boolean
}

/**
 * The bridge, which is made if there is none. It stays when the ADD fails later on, and when its last pod is gone: it is
 * the machine's, and another pod may be about to use it.
 *
 * One that is there already keeps what it is like: perhaps it is the machine's own, with an uplink.
 *
 * @throws CniError "internal" (999), with upstream's texts
 */
export function ensureBridge(system: System, host: Rtnetlink, wanted: WantedBridge): Bridge {
  const name = wanted.bridge
  const found = linkDetails(host, name)
  const isNew = found === undefined && create(system, host, wanted)
  const link = found ?? linkDetails(host, name)
  if (link === undefined) throw failure(name, `could not lookup ${JSON.stringify(name)}: Link not found`)
  if (link.kind !== 'bridge')
    throw failure(name, `${JSON.stringify(name)} already exists but is not a bridge`)
  // Or the VLANs would be mere decoration: every port would see every frame.
  if (wanted.vlans !== undefined && !link.filtersVlans)
    throw failure(
      name,
      `${JSON.stringify(name)} already exists without vlan_filtering: \`ip link set ${name} type bridge vlan_filtering 1\`, or name another bridge`,
    )
  // We want to own its routes. Of the machine's own bridge the machine does.
  if (isNew) trySysctl(system.files, `ipv6/conf/${name}/accept_ra`, '0')
  const changes = [
    ...(wanted.promiscuous && !link.isPromiscuous ? [setPromiscuous(link.index)] : []),
    ...(link.up ? [] : [setUp(link.index)]),
  ]
  if (changes.length > 0) for (const { error } of host.change(changes)) throw error
  return { link, isNew }
}

/** False if somebody else was faster. */
function create(system: System, host: Rtnetlink, { bridge, mtu, vlans, isGateway }: WantedBridge): boolean {
  try {
    const request = createBridge({
      name: bridge,
      mac: randomMac(system),
      mtu,
      vlanFiltering: vlans !== undefined,
      // What pods send elsewhere comes by it: rules about pods are about it. Without a gateway nothing does.
      group: isGateway ? podLinkGroup : 0,
    })
    host.connection.execute(request)
    return true
  } catch (error) {
    if (isOpError(error, Errno.EEXIST)) return false
    throw error
  }
}

const failure = (name: string, problem: string): CniError =>
  new CniError(ErrorCode.internal, `failed to create bridge ${JSON.stringify(name)}: ${problem}`)
