import { containsAddress, parseCidr, parseInterfaceAddress } from '../../net/cidr.ts'
import { formatAddress } from '../../net/address.ts'
import type { Call } from '../call.ts'
import type { Link } from '../netlink/link.ts'
import { listAddresses } from '../netlink/listing.ts'
import { Rtnetlink, setDown, setUp } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { optionalObject } from '../spec/json.ts'
import { type AssignedAddress, formatResult } from '../spec/result.ts'
import { openNamespace, openSandbox } from './sandbox.ts'

/** Whatever CNI_IFNAME says. */
const name = 'lo'

const ownRanges = ['127.0.0.0/8', '::1/128'].map(parseCidr)

/** ADD: sets the pod's loopback interface up, and prints its addresses, or what the plugins before printed. */
export function add({ system, environment, config }: Call): void {
  const previous = optionalObject(config.json, 'prevResult', 'prevResult')
  const pod = new Rtnetlink(system, openSandbox(system, environment).pod)
  const { index } = requireLoopback(pod)
  changeOne(pod, setUp(index))
  const addresses = addressesOf(pod, index)
  if (previous !== undefined) {
    system.process.stdout(JSON.stringify({ ...previous, cniVersion: config.cniVersion }, null, 4))
    return
  }
  const lo = { name, mac: '00:00:00:00:00:00', sandbox: environment.netns }
  const result = { interfaces: [lo], ips: addresses, routes: [], dns: {} }
  system.process.stdout(formatResult(result, config.cniVersion))
}

/** DEL: sets it down. A namespace that is gone has none. */
export function del({ system, environment }: Call): void {
  const namespace = openNamespace(system, environment)
  if (namespace === undefined) return
  const pod = new Rtnetlink(system, namespace)
  changeOne(pod, setDown(requireLoopback(pod).index))
}

/** CHECK: it is up. */
export function check({ system, environment }: Call): void {
  const pod = new Rtnetlink(system, openSandbox(system, environment).pod)
  if (!requireLoopback(pod).up) throw failure('loopback interface is down')
}

function requireLoopback(pod: Rtnetlink): Link {
  const link = pod.link(name)
  if (link === undefined) throw failure('Link not found')
  return link
}

/** The first address of each family; all of them must be loopback addresses. */
function addressesOf(pod: Rtnetlink, index: number): readonly AssignedAddress[] {
  const own = listAddresses(pod)
    .filter((one) => one.index === index)
    .map(({ text }) => parseInterfaceAddress(text))
  for (const { address } of own) {
    if (!ownRanges.some((range) => containsAddress(range, address)))
      throw failure(
        `loopback interface found with non-loopback address ${JSON.stringify(formatAddress(address))}`,
      )
  }
  return ([4, 6] as const).flatMap((family) => {
    const address = own.find((one) => one.address.family === family)
    return address === undefined ? [] : [{ address, interface: 0 }]
  })
}

function changeOne(pod: Rtnetlink, change: ReturnType<typeof setUp>): void {
  const [refused] = pod.change([change])
  if (refused !== undefined) throw refused.error
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
