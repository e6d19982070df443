import { parseCidr } from '../../net/cidr.ts'
import type { Ipam } from '../ipam/ipam.ts'
import { enslave, setHardwareAddress, setPort } from '../netlink/bridge.ts'
import type { Request } from '../netlink/connection.ts'
import { type Link, formatMac } from '../netlink/link.ts'
import { Rtnetlink, setUp } from '../netlink/rtnetlink.ts'
import { CniError, toCniError } from '../spec/error.ts'
import { parseMac } from '../spec/mac.ts'
import type { AssignedAddress, ResultRoute } from '../spec/result.ts'
import type { System } from '../sys.ts'
import { type BridgeConfig, readBridgeConfig } from './bridge-config.ts'
import { ensureGateway, firstOfSubnet } from './bridge-gateway.ts'
import { type Bridge, ensureBridge } from './bridge-link.ts'
import type { PodInterface } from './chain.ts'
import { awaitLocal } from './delivery.ts'
import { chooseDns } from './dns-config.ts'
import { awaitDetection } from './duplicate-detection.ts'
import { enableForwarding } from './forwarding.ts'
import { podLinkGroup } from './link-group.ts'
import type { masqueradePod } from './masquerade.ts'
import { configurePod } from './pod-addresses.ts'
import { awaitPort } from './port-readiness.ts'
import { openSandbox } from './sandbox.ts'
import { uplinkMtu } from './uplink.ts'
import { createVeth } from './veth.ts'

/** What only some bridges need: those that don't do without its code. */
export interface BridgeExtras {
  readonly masquerade?: typeof masqueradePod
}

/**
 * The pod interface of `bridge`: a veth pair whose other end is a port of a bridge, with addresses of IPAM or without.
 *
 * @param ipam - must be given if the configuration has IPAM
 * @param extras - those that the configuration asks for must be given
 */
export const makeBridge =
  (ipam: Ipam | undefined, extras: BridgeExtras = {}): PodInterface =>
  (call, undo) => {
    const { system, environment, config, reference } = call
    const wanted = readBridgeConfig(call)
    const assign = wanted.hasIpam ? ipam?.(call) : undefined
    const sandbox = openSandbox(system, environment)
    const pod = new Rtnetlink(system, sandbox.pod)
    const host = new Rtnetlink(system)
    const mtu = wanted.mtu ?? (reference || !wanted.isGateway ? undefined : uplinkMtu(host, [4, 6]))
    const bridge = ensureBridge(system, host, {
      name: wanted.bridge,
      mtu,
      promiscuous: wanted.promiscuous,
      vlanFiltering: wanted.vlans !== undefined,
    })

    const assigned = assign?.()
    if (assigned !== undefined) undo.add(assigned.giveBack)
    const addresses = withGateways(assigned?.addresses ?? [], wanted)
    const given = assigned?.routes ?? []
    const routes = [...given, ...gatewayRoutes(addresses, given, wanted)]

    const owner = { ...environment, network: config.name }
    const veth = createVeth(system, { pod, host, sandbox, owner, mtu, mac: wanted.mac }, undo)
    changeAll(host, [
      enslave(veth.hostIndex, bridge.link.index, { alias: veth.hostAlias, group: podLinkGroup }),
      ...(wanted.hairpin || wanted.isolated ? [setPort(veth.hostIndex, wanted)] : []),
      setUp(veth.hostIndex),
    ])

    const { files } = system
    const { link } = veth
    const { detectDuplicates } = wanted
    if (wanted.hasIpam)
      configurePod({ files, pod, namespace: sandbox.pod, link, addresses, routes, detectDuplicates })
    else if (!wanted.leavesInterfaceDown) changeAll(pod, [setUp(link.index)])
    if (wanted.isGateway) makeGateway(system, host, { bridge, addresses, wanted })
    if (wanted.masquerade !== undefined) {
      if (extras.masquerade === undefined) throw new Error('a bundle without masquerading')
      extras.masquerade(system, { owner, leases: addresses, config: wanted.masquerade }, undo)
    }
    if (!wanted.leavesInterfaceDown) {
      awaitPort(system, host, veth.hostIndex)
      if (wanted.hasIpam) introduce(system, { pod, host, link, addresses, wanted })
    }

    // The reference plugin tells no MTU.
    const told = reference ? undefined : link.mtu
    // Of one that is not new it may be another one by now.
    const bridgeMac = host.link(bridge.link.index)?.mac ?? ''
    return {
      interfaces: [
        { name: wanted.bridge, mac: bridgeMac, mtu: reference ? undefined : bridge.link.mtu },
        { name: veth.hostName, mac: formatMac(veth.hostMac), mtu: told },
        { name: environment.ifName, mac: link.mac ?? '', mtu: told, sandbox: environment.netns },
      ],
      ips: addresses.map((address) => ({ ...address, interface: 2 })),
      routes,
      dns: chooseDns(wanted.dns, assigned?.dns ?? {}),
    }
  }

/** Where IPAM names no gateway, a bridge that is one has the first address of the subnet. */
const withGateways = (
  addresses: readonly AssignedAddress[],
  { isGateway }: BridgeConfig,
): readonly AssignedAddress[] =>
  addresses.map(({ address, gateway }) => ({
    address,
    gateway: gateway ?? (isGateway ? firstOfSubnet(address) : undefined),
  }))

/** With `isDefaultGateway`, for each family that IPAM has no default route with a gateway for. */
function gatewayRoutes(
  addresses: readonly AssignedAddress[],
  routes: readonly ResultRoute[],
  { isDefaultGateway }: BridgeConfig,
): readonly ResultRoute[] {
  if (!isDefaultGateway) return []
  return ([4, 6] as const).flatMap((family) => {
    const gw = addresses.find(({ address }) => address.address.family === family)?.gateway
    const isDefault = ({ dst, gw }: ResultRoute): boolean =>
      dst.family === family && dst.prefixLength === 0 && gw !== undefined
    if (gw === undefined || routes.some(isDefault)) return []
    return [{ dst: parseCidr(family === 4 ? '0.0.0.0/0' : '::/0'), gw }]
  })
}

/** Makes the machine the gateway of the bridge's pods: its addresses, and forwarding. */
function makeGateway(system: System, host: Rtnetlink, { bridge, addresses, wanted }: Attachment): void {
  const { index, name, mac } = bridge.link
  const link = { index, name, mac: parseMac(mac ?? '', name), isNew: bridge.isNew }
  for (const { address, gateway } of addresses) {
    if (gateway === undefined) continue
    const { prefixLength } = address
    const request = { link, pod: address.address, force: wanted.forceAddress }
    ensureGateway(system.files, host, { ...request, gateway: { address: gateway, prefixLength } })
  }
  try {
    enableForwarding(system.files, familiesOf(addresses))
  } catch (error) {
    const { code, message } = toCniError(error)
    throw new CniError(code, `failed to enable forwarding: ${message}`)
  }
}

/**
 * Tells the neighbours whose the addresses are, now that they hear it: a link that is given an address of hardware says so
 * (arp_notify, ndisc_notify), even if it is the same. They may remember a pod that had one of them before, for a minute.
 */
function introduce(system: System, { pod, host, link, addresses, wanted }: Introduction): void {
  changeAll(pod, [setHardwareAddress(link.index, parseMac(link.mac ?? '', link.name))])
  for (const { address, gateway } of addresses) {
    if (address.address.family === 4) continue
    if (wanted.detectDuplicates) awaitDetection(system, pod, link)
    awaitLocal(system, pod, address.address)
    if (wanted.isGateway && gateway !== undefined) awaitLocal(system, host, gateway)
  }
}

interface Attachment {
  readonly bridge: Bridge
  readonly addresses: readonly AssignedAddress[]
  readonly wanted: BridgeConfig
}

interface Introduction extends Omit<Attachment, 'bridge'> {
  readonly pod: Rtnetlink
  readonly host: Rtnetlink
  readonly link: Link
}

const familiesOf = (addresses: readonly AssignedAddress[]): readonly (4 | 6)[] =>
  addresses.map(({ address }) => address.address.family)

/** @throws OpError of the first that the kernel refuses */
function changeAll(rtnetlink: Rtnetlink, changes: readonly Request[]): void {
  for (const { error } of rtnetlink.change(changes)) throw error
}
