import type { Ipam } from '../ipam/ipam.ts'
import { formatMac } from '../netlink/link.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, toCniError } from '../spec/error.ts'
import { configError } from '../spec/json.ts'
import type { System } from '../sys.ts'
import { noteBackend } from './backend-note.ts'
import type { PodInterface } from './chain.ts'
import { awaitDelivery } from './delivery.ts'
import { enableForwarding } from './forwarding.ts'
import { leadsToPod } from './leads-to-pod.ts'
import { toLeases } from './lease.ts'
import { configureHost, configurePod, prepare } from './ptp-addresses.ts'
import type { masqueradePod } from './masquerade.ts'
import { chooseDns } from './dns-config.ts'
import { defaultRoutes, readPtpConfig } from './ptp-config.ts'
import { openSandbox } from './sandbox.ts'
import { uplinkMtu } from './uplink.ts'
import { createVeth } from './veth.ts'

/** RFC 8200, section 5: below that the kernel has no IPv6 on a link. */
const leastIpv6Mtu = 1280

/** {@link masqueradePod}: what has no use for it does without its code. */
type Masquerade = typeof masqueradePod

/**
 * The pod interface of `ptp`: takes addresses of IPAM, makes a veth pair, gives the pod its addresses and routes.
 *
 * @param masquerade - must be given if the configuration asks for it
 */
export const makePtp =
  (ipam: Ipam, masquerade?: Masquerade): PodInterface =>
  (call, undo) => {
    const { system, environment, config, reference } = call
    const ptp = readPtpConfig(call)
    const assign = ipam(call)
    const sandbox = openSandbox(system, environment)
    const pod = new Rtnetlink(system, sandbox.pod)
    const host = new Rtnetlink(system)

    const assigned = assign((address) => leadsToPod(host, address))
    undo.add(assigned.giveBack)
    const leases = toLeases(assigned.addresses)
    const families = leases.map(({ address }) => address.address.family)
    forward(system, families)

    const mtu = ptp.mtu ?? (reference ? undefined : uplinkMtu(host, families))
    if (mtu !== undefined && mtu < leastIpv6Mtu && families.includes(6))
      throw configError(`mtu must be at least ${leastIpv6Mtu} for IPv6`)
    const owner = { ...environment, network: config.name }
    const veth = createVeth(system, { pod, host, sandbox, owner, mtu, mac: ptp.mac }, undo)
    const routes = assigned.routes ?? (reference ? [] : defaultRoutes(families))
    const ends = { files: system.files, pod, host, veth, namespace: sandbox.pod }
    prepare(ends, leases)
    configurePod(ends, leases, routes)
    if (ptp.masquerade !== undefined) {
      if (masquerade === undefined) throw new Error('a bundle without masquerading')
      masquerade(system, { owner, leases, config: ptp.masquerade }, undo)
      noteBackend(call, 'ipMasqBackend')
    }
    configureHost(ends, leases)
    awaitDelivery(system, ends, leases)

    // The reference plugin tells no MTU.
    const told = reference ? undefined : veth.link.mtu
    return {
      interfaces: [
        { name: veth.hostName, mac: formatMac(veth.hostMac), mtu: told },
        { name: environment.ifName, mac: veth.link.mac ?? '', mtu: told, sandbox: environment.netns },
      ],
      ips: leases.map((lease) => ({ ...lease, interface: 1 })),
      routes,
      dns: chooseDns(ptp.dns, assigned.dns),
    }
  }

function forward(system: System, families: readonly (4 | 6)[]): void {
  try {
    enableForwarding(system.files, families)
  } catch (error) {
    const { code, message } = toCniError(error)
    throw new CniError(code, `Could not enable IP forwarding: ${message}`)
  }
}
