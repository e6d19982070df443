import type { Observation } from './play.ts'
import type { NetworkState, PodHost } from './pod-host.ts'
import { HOST } from './scenario.ts'
import type { IpLink, IpRoute } from '../../cni/testing/world.ts'

/** What can be compared of an observation: facts by name, without all that is another on each host or in each run. */
export type Facts = ReadonlyMap<string, string>

/** How a call ended, what it printed, the files, and what is in the kernel. */
export function toFacts(host: PodHost, observation: Observation): Facts {
  const { ending, files, networks, forwarding } = observation
  const facts = new Map<string, string>()
  const anonymous = anonymizer(host, networks)
  facts.set('exit', String(ending.code))
  if (ending.json !== undefined) {
    if (ending.code === 0) addLeaves(facts, 'result', ending.json, anonymous)
    else addLeaves(facts, 'error', ending.json, (text) => nameless(anonymous(text)))
  } else if (ending.stdout !== '') facts.set('output', anonymous(ending.stdout))
  if (ending.stderr !== '') facts.set('stderr', ending.stderr.replace(/v\d+\.\d+\.\d+/, '<version>'))
  for (const [path, text] of files) facts.set(`file ${path}`, anonymous(text))
  if (forwarding !== '') facts.set('forwarding', forwarding)
  for (const [where, network] of Object.entries(networks)) addNetwork(facts, where, network, anonymous)
  return facts
}

/** In messages: an end of a veth is any, since names are drawn; Go prints where its structures are. */
const nameless = (text: string): string =>
  text.replaceAll(/<other end of [^>]*>/g, '<veth>').replaceAll(/\b0x[0-9a-f]{6,}\b/g, '<pointer>')

type Anonymizer = (text: string) => string

/**
 * Names of hosts, of their ends of veths, and hardware addresses. An end is named by the pod that has the other one: its
 * index says which.
 */
function anonymizer(host: PodHost, networks: Observation['networks']): Anonymizer {
  const names = new Map<string, string>()
  const onHost = new Map((networks.host?.links ?? []).map(({ ifindex, ifname }) => [ifindex, ifname]))
  for (const [where, { links }] of Object.entries(networks)) {
    if (where === 'host') continue
    for (const { ifname, link_index: peer } of links as readonly VethLink[]) {
      const name = peer === undefined ? undefined : onHost.get(peer)
      if (name !== undefined) names.set(name, `<other end of ${where} ${ifname}>`)
    }
  }
  return (text) =>
    text
      .replaceAll(host.name, HOST)
      .replaceAll(/\bveth[0-9a-f]{8}\b/g, (name) => names.get(name) ?? '<veth>')
      .replaceAll(/\b(?!00:00:00:00:00:00|02:00:00:00:00:99)[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, '<mac>')
}

interface VethLink extends IpLink {
  readonly link_index?: number
  readonly txqlen?: number
  readonly num_tx_queues?: number
  readonly num_rx_queues?: number
  readonly linkinfo?: { readonly info_kind?: string }
}

function addLeaves(facts: Map<string, string>, path: string, value: unknown, anonymous: Anonymizer): void {
  if (typeof value !== 'object' || value === null) {
    facts.set(path, anonymous(String(value)))
    return
  }
  const entries = Object.entries(value)
  if (entries.length === 0) facts.set(path, Array.isArray(value) ? '[]' : '{}')
  for (const [key, inner] of entries)
    addLeaves(facts, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, inner, anonymous)
}

function addNetwork(
  facts: Map<string, string>,
  where: string,
  { links, routes, neighbours }: NetworkState,
  anonymous: Anonymizer,
): void {
  for (const link of links as readonly VethLink[]) {
    const name = `${where} link ${anonymous(link.ifname)}`
    // Whether there is a carrier yet is a matter of time, and so are what follows from it: states and link-local addresses.
    const flags = link.flags.filter((flag) => !['LOWER_UP', 'NO-CARRIER', 'M-DOWN'].includes(flag)).sort()
    const fields = {
      flags: flags.join(' '),
      kind: link.linkinfo?.info_kind,
      mtu: link.mtu,
      alias: link.ifalias,
      'length of queue': link.txqlen,
      queues: `${link.num_tx_queues ?? '?'}/${link.num_rx_queues ?? '?'}`,
      mac: link.address,
    }
    for (const [field, value] of Object.entries(fields))
      if (value !== undefined) facts.set(`${name} ${field}`, anonymous(String(value)))
    for (const address of link.addr_info.filter(({ local }) => !local.startsWith('fe80:'))) {
      const { local, prefixlen, tentative: _tentative, ...rest } = address
      const others: Readonly<Record<string, unknown>> = rest
      for (const [field, value] of Object.entries(others))
        facts.set(`${name} address ${local}/${prefixlen} ${field}`, anonymous(String(value)))
    }
  }
  for (const route of routes.filter(isOfInterest)) {
    const { dst, ...rest } = route as IpRoute & Record<string, unknown>
    const name = `${where} route ${dst} ${anonymous(sorted(rest))}`
    facts.set(name, 'there')
  }
  for (const neighbour of neighbours.filter(({ state }) => state.includes('PERMANENT')))
    facts.set(`${where} neighbour ${neighbour.dst}`, anonymous(sorted(neighbour)))
}

/** Those of the local table follow from the addresses, those of IPv6 some time after. */
const isOfInterest = (route: IpRoute & { readonly table?: string }): boolean =>
  route.table !== localTable && !/^(fe80|ff00|multicast)/.test(route.dst)
const localTable = '255'

const sorted = (object: object): string =>
  Object.entries(object)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ')

/** A fact that is not the same in both. */
export interface Difference {
  readonly fact: string
  readonly ours: string | undefined
  readonly theirs: string | undefined
}

export function compareFacts(ours: Facts, theirs: Facts): readonly Difference[] {
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .map((fact) => ({ fact, ours: ours.get(fact), theirs: theirs.get(fact) }))
    .filter(({ ours, theirs }) => ours !== theirs)
}

/** It is about what is there, not about what was answered. */
export const isState = ({ fact }: Difference): boolean => /^(file|host|pod \d) /.test(fact)
