import type { Call } from '../call.ts'
import type { Ipam } from '../ipam/ipam.ts'
import type { Link } from '../netlink/link.ts'
import { createStackedLink, renameLink } from '../netlink/stacked-link.ts'
import { Rtnetlink, setUp } from '../netlink/rtnetlink.ts'
import { CniError, toCniError } from '../spec/error.ts'
import { configError } from '../spec/json.ts'
import { type PreviousResult, readPrevious } from '../spec/previous.ts'
import type { AssignedAddress, Dns, ResultRoute } from '../spec/result.ts'
import type { Undo } from '../undo.ts'
import type { PodInterface } from './chain.ts'
import { awaitPodAddresses } from './delivery.ts'
import { chooseDns } from './dns-config.ts'
import { awaitDetection } from './duplicate-detection.ts'
import { findMaster } from './master.ts'
import { configurePod } from './pod-addresses.ts'
import { type Sandbox, openSandbox } from './sandbox.ts'
import { type StackedConfig, readStackedConfig } from './stacked-config.ts'

/**
 * The pod interface of `macvlan` and `ipvlan`: a link on one of the machine's, with addresses of IPAM, or, of a macvlan,
 * without.
 */
export const makeStacked =
  (kind: StackedConfig['kind'], ipam: Ipam): PodInterface =>
  (call, undo) => {
    const { system, environment, reference } = call
    const wanted = readStackedConfig(call, kind)
    const previous = kind === 'ipvlan' ? readPrevious(call.config.json) : undefined
    const chained = reference && !wanted.hasIpam && previous?.ips.length ? previous : undefined
    const needsIpam = wanted.hasIpam || (kind === 'ipvlan' && chained === undefined)
    const assign = needsIpam ? ipam(call) : undefined
    const sandbox = openSandbox(system, environment)
    const pod = new Rtnetlink(system, sandbox.pod)
    const name = wanted.master ?? masterOf(previous)
    const link = createLink(call, { wanted: { ...wanted, master: name }, sandbox, pod }, undo)

    const assigned = assign?.()
    if (assigned !== undefined) undo.add(assigned.giveBack)
    const { addresses, routes, dns } = given(assigned, chained)
    if (needsIpam || chained !== undefined) {
      const { detectDuplicates } = wanted
      const { files } = system
      configurePod({ files, pod, namespace: sandbox.pod, link, addresses, routes, detectDuplicates })
      if (detectDuplicates) awaitDetection(system, pod, link)
      awaitPodAddresses(
        system,
        pod,
        addresses.map(({ address }) => address.address),
      )
    } else for (const { error } of pod.change([setUp(link.index)])) throw error

    const mtu = reference ? undefined : link.mtu
    return {
      interfaces: [{ name: link.name, mac: link.mac ?? '', mtu, sandbox: environment.netns }],
      ips: addresses.map(({ address, gateway }) => ({ address, gateway, interface: 0 })),
      routes,
      // The reference plugin forgets what IPAM says.
      dns: reference ? (wanted.dns ?? {}) : chooseDns(wanted.dns, dns),
    }
  }

interface Given {
  readonly addresses: readonly AssignedAddress[]
  readonly routes: readonly ResultRoute[]
  readonly dns: Dns
}

/** Called behind another plugin without IPAM of its own, an ipvlan takes over that one's addresses. */
function given(
  assigned:
    | {
        readonly addresses: readonly AssignedAddress[]
        readonly routes: readonly ResultRoute[] | undefined
        readonly dns: Dns
      }
    | undefined,
  chained: PreviousResult | undefined,
): Given {
  if (assigned !== undefined) return { ...assigned, routes: assigned.routes ?? [] }
  return { addresses: chained?.ips ?? [], routes: chained?.routes ?? [], dns: {} }
}

/** Behind another plugin of the chain, an ipvlan is stacked on what that one has made. */
function masterOf(previous: PreviousResult | undefined): string | undefined {
  if (previous === undefined) return undefined
  const [only, ...others] = previous.interfaces
  if (only !== undefined && only.name !== '' && others.length === 0) return only.name
  throw configError('chained master failure. PrevResult lacks a single named interface')
}

/** Makes the link in the pod, and remembers how to take it back. */
function createLink(
  call: Call,
  {
    wanted,
    sandbox,
    pod,
  }: { readonly wanted: StackedConfig; readonly sandbox: Sandbox; readonly pod: Rtnetlink },
  undo: Undo,
): Link {
  const { system, environment } = call
  const { kind, mtu } = wanted
  const from = wanted.isMasterInPod ? pod : new Rtnetlink(system)
  const master = findMaster(from, wanted.master)
  if (kind === 'macvlan' && mtu !== undefined && mtu > master.mtu)
    throw configError(`mtu: invalid MTU ${mtu}, must be [0, master MTU(${master.mtu})]`)
  // The kernel looks for the name where the master is, too: an `eth0` of the host would be in the way.
  const name = `pw${Array.from(system.random(6), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  const made: { index?: number | undefined } = {}
  // Before the attempt: it may be there although the answer got lost.
  undo.add(() => {
    const index = made.index ?? pod.link(name)?.index
    if (index !== undefined) pod.deleteLink(index)
  })
  const { mac, broadcastQueueLength } = wanted
  const place = { name, master: master.index, namespace: system.files.descriptor(sandbox.pod) }
  const request = createStackedLink({
    kind,
    ...place,
    mode: wanted.mode.number,
    mtu,
    mac,
    broadcastQueueLength,
  })
  explain(`failed to create ${kind}`, () => from.connection.execute(request))
  const index = pod.link(name)?.index
  made.index = index
  if (index === undefined) throw new Error(`the ${kind} ${name} vanished while it was set up`)
  const rename = renameLink(index, environment.ifName)
  explain(`failed to rename ${kind} to ${JSON.stringify(environment.ifName)}`, () =>
    pod.connection.execute(rename),
  )
  const link = pod.link(index)
  if (link === undefined) throw new Error(`the ${kind} ${environment.ifName} vanished while it was set up`)
  return link
}

/** The reference's words before the kernel's. */
function explain(words: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    const { code, message } = toCniError(error)
    throw new CniError(code, `${words}: ${message}`)
  }
}
