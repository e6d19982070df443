import type { Ipam } from '../ipam/ipam.ts'
import { enslave, setPort } from '../netlink/bridge.ts'
import type { Request } from '../netlink/connection.ts'
import { type Link, formatMac } from '../netlink/link.ts'
import { Rtnetlink, setUp } from '../netlink/rtnetlink.ts'
import { CniError, toCniError } from '../spec/error.ts'
import { parseMac } from '../spec/mac.ts'
import type { AssignedAddress } from '../spec/result.ts'
import type { System } from '../sys.ts'
import { readBridgeConfig } from './bridge-config.ts'
import { type GatewayLink, ensureGateway } from './bridge-gateway.ts'
import { ensureBridge } from './bridge-link.ts'
import { noteBackend } from './backend-note.ts'
import type { PodInterface } from './chain.ts'
import { awaitLocal, awaitPodAddresses } from './delivery.ts'
import { chooseDns } from './dns-config.ts'
import { awaitDetection } from './duplicate-detection.ts'
import { enableForwarding } from './forwarding.ts'
import { gatewayRoutes, withGateways } from './gateway-routes.ts'
import { introduce } from './introduction.ts'
import { leadsToPod } from './leads-to-pod.ts'
import { podLinkGroup } from './link-group.ts'
import type { guardMac } from './mac-guard.ts'
import type { masqueradePod } from './masquerade.ts'
import { configurePod } from './pod-addresses.ts'
import { awaitPort } from './port-readiness.ts'
import type { setPortVlans } from './port-vlans.ts'
import { openSandbox } from './sandbox.ts'
import { uplinkMtu } from './uplink.ts'
import { createVeth } from './veth.ts'
import type { ensureVlanGateway } from './vlan-gateway.ts'

/** What only some bridges need: those that don't do without its code. */
export interface BridgeExtras {
  readonly masqueradePod: typeof masqueradePod
  readonly guardMac: typeof guardMac
  readonly setPortVlans: typeof setPortVlans
  readonly ensureVlanGateway: typeof ensureVlanGateway
}

/**
 * The pod interface of `bridge`: a veth pair whose other end is a port of a bridge, with addresses of IPAM or without.
 *
 * @param extras - must be given if the configuration has VLANs, masquerading or a check of hardware addresses
 */
export const makeBridge =
  (ipam: Ipam, extras?: BridgeExtras): PodInterface =>
  (call, undo) => {
    const { system, environment, config, reference } = call
    const wanted = readBridgeConfig(call)
    const assign = wanted.hasIpam ? ipam(call) : undefined
    const sandbox = openSandbox(system, environment)
    const pod = new Rtnetlink(system, sandbox.pod)
    const host = new Rtnetlink(system)
    const mtu = wanted.mtu ?? (reference || !wanted.isGateway ? undefined : uplinkMtu(host, [4, 6]))
    const bridge = ensureBridge(system, host, { ...wanted, mtu })

    // If there was no bridge, nobody lives on it. A pod of ptp has a route of its own.
    const assigned = assign?.(bridge.isNew ? (address) => leadsToPod(host, address) : undefined)
    if (assigned !== undefined) undo.add(assigned.giveBack)
    const addresses = withGateways(assigned?.addresses ?? [], wanted)
    const given = assigned?.routes ?? []
    const routes = [...given, ...gatewayRoutes(addresses, given, wanted)]

    const owner = { ...environment, network: config.name }
    const veth = createVeth(system, { pod, host, sandbox, owner, mtu, mac: wanted.mac }, undo)
    const { link, hostIndex: port } = veth
    changeAll(host, [
      enslave(port, bridge.link.index, { alias: veth.hostAlias, group: podLinkGroup }),
      ...(wanted.hairpin || wanted.isolated ? [setPort(port, wanted)] : []),
    ])
    // Before it is up: nothing gets through that must not.
    if (wanted.vlans !== undefined) require(extras).setPortVlans(host, port, wanted.vlans)
    if (wanted.checksMac)
      require(extras).guardMac(system, { owner, port, mac: parseMac(link.mac ?? '', link.name) }, undo)
    changeAll(host, [setUp(port)])

    if (wanted.hasIpam) {
      const { detectDuplicates } = wanted
      const { files } = system
      configurePod({ files, pod, namespace: sandbox.pod, link, addresses, routes, detectDuplicates })
    } else if (!wanted.leavesInterfaceDown) changeAll(pod, [setUp(link.index)])

    let vlanGateway: Link | undefined
    if (wanted.isGateway && wanted.hasIpam) {
      const vlan = wanted.vlans?.access
      if (vlan !== undefined) {
        const request = { bridge: bridge.link, vlan, keepsDefault: wanted.vlans?.keepsDefault === true }
        vlanGateway = require(extras).ensureVlanGateway(system, host, { ...request, namespace: sandbox.host })
      }
      const gateway = vlanGateway ?? bridge.link
      const isNew = vlanGateway === undefined && bridge.isNew
      makeGateway(system, host, { link: { ...gateway, isNew }, addresses, force: wanted.forceAddress })
    }
    if (wanted.masquerade !== undefined && wanted.hasIpam) {
      require(extras).masqueradePod(system, { owner, leases: addresses, config: wanted.masquerade }, undo)
      noteBackend(call, 'ipMasqBackend')
    }
    if (!wanted.leavesInterfaceDown) {
      awaitPort(system, host, port)
      introduce(pod, link)
      if (wanted.detectDuplicates) awaitDetection(system, pod, link)
      awaitPodAddresses(
        system,
        pod,
        addresses.map(({ address }) => address.address),
      )
    }

    // The reference plugin tells no MTU.
    const told = reference ? undefined : link.mtu
    // Of one that is not new it may be another one by now.
    const { mac: bridgeMac = '', mtu: bridgeMtu } = host.link(bridge.link.index) ?? bridge.link
    return {
      interfaces: [
        { name: wanted.bridge, mac: bridgeMac, mtu: reference ? undefined : bridgeMtu },
        { name: veth.hostName, mac: formatMac(veth.hostMac), mtu: told },
        { name: environment.ifName, mac: link.mac ?? '', mtu: told, sandbox: environment.netns },
        ...(vlanGateway === undefined ? [] : [{ name: vlanGateway.name, mac: vlanGateway.mac ?? '' }]),
      ],
      ips: addresses.map((address) => ({ ...address, interface: 2 })),
      routes,
      dns: chooseDns(wanted.dns, assigned?.dns ?? {}),
    }
  }

function require(extras: BridgeExtras | undefined): BridgeExtras {
  if (extras === undefined) throw new Error('a bundle without what this bridge needs')
  return extras
}

/** Makes the machine the gateway of the pods: its addresses, and forwarding. */
function makeGateway(
  system: System,
  host: Rtnetlink,
  request: {
    readonly link: GatewayLink
    readonly addresses: readonly AssignedAddress[]
    readonly force: boolean
  },
): void {
  const { link, force } = request
  for (const { address, gateway } of request.addresses) {
    if (gateway === undefined) continue
    const { prefixLength } = address
    const wanted = { link, pod: address.address, force }
    ensureGateway(system.files, host, { ...wanted, gateway: { address: gateway, prefixLength } })
    if (gateway.family === 6) awaitLocal(system, host, gateway)
  }
  try {
    enableForwarding(
      system.files,
      request.addresses.map(({ address }) => address.address.family),
    )
  } catch (error) {
    const { code, message } = toCniError(error)
    throw new CniError(code, `failed to enable forwarding: ${message}`)
  }
}

/** @throws OpError of the first that the kernel refuses */
function changeAll(rtnetlink: Rtnetlink, changes: readonly Request[]): void {
  for (const { error } of rtnetlink.change(changes)) throw error
}
