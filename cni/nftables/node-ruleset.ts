import { type Family, addressBits, parseAddress } from '../../net/address.ts'
import { aggregate } from '../../net/aggregate.ts'
import { type Cidr, cidrAround, parseCidr } from '../../net/cidr.ts'
import { podLinkGroup } from '../plugins/link-group.ts'
import { HookNumber } from './chain.ts'
import { toInterval } from './intervals.ts'
import { exceptionSet, families } from './names.ts'
import {
  AddressType,
  Protocol,
  cameByGroup,
  counted,
  decide,
  goesNotTo,
  goesToPort,
  goto,
  isFromLinkLocal,
  isIn,
  isNotIn,
  isNotRoutedBack,
  masquerade,
} from './steps.ts'
import type { Ruleset, WholeChain, WholeSet } from './ruleset.ts'

/** The node-wide rules that are asked for. */
export interface NodeRules {
  readonly masquerade: Masquerade | undefined
  readonly antiSpoofing: boolean
  readonly blockMetadata: boolean
}

export interface Masquerade {
  readonly sources: readonly Cidr[]
  readonly exceptions: readonly Cidr[]
  readonly linkLocal: boolean
  readonly randomFully: boolean
}

const sourceSet = (family: Family): string => `node-sources-v${family}`
const metadataSet = (family: Family): string => `metadata-v${family}`

/** Multicast and broadcast: no answer could find its way back. Nothing link-local of IPv6 is forwarded. */
export const neverMasqueraded = ['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8', 'fe80::/10'].map(parseCidr)
const linkLocal = parseCidr('169.254.0.0/16')

/**
 * Where clouds answer what an instance may know of itself, and with which rights it acts: on AWS, Azure, Google Cloud and
 * others; AWS and Google Cloud over IPv6; and Azure's wire server, which hands out certificates of the machine.
 */
const metadataServices = ['169.254.169.254', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254'].map((text) => {
  const address = parseAddress(text)
  return cidrAround(address, addressBits(address.family))
})

/** What shall be in the node's part of our table. `podsMasquerade`: pods' own chains ask for the exceptions. */
export function nodeRuleset(
  rules: NodeRules,
  { podsMasquerade }: { readonly podsMasquerade: boolean },
): Ruleset {
  const chains: WholeChain[] = []
  const sets: WholeSet[] = []
  if (rules.masquerade !== undefined) {
    chains.push(masqueradeChain(rules.masquerade))
    sets.push(...ranges(sourceSet, rules.masquerade.sources))
    const { exceptions } = rules.masquerade
    sets.push(
      ...ranges(exceptionSet, [
        ...exceptions,
        ...neverMasqueraded,
        ...(rules.masquerade.linkLocal ? [] : [linkLocal]),
      ]),
    )
  } else if (podsMasquerade) {
    sets.push(...ranges(exceptionSet, []))
  }
  if (rules.antiSpoofing) chains.push(antiSpoofing)
  if (rules.blockMetadata) {
    chains.push(metadataGuard, metadataServiceChain)
    sets.push(...ranges(metadataSet, metadataServices))
  }
  return { chains, sets }
}

const ranges = (nameOf: (family: Family) => string, cidrs: readonly Cidr[]): readonly WholeSet[] =>
  families.map((family) => ({
    name: nameOf(family),
    family,
    kind: 'ranges',
    intervals: aggregate(cidrs.filter((cidr) => cidr.family === family)).map(toInterval),
  }))

/**
 * Looked at once for each connection: what comes from the sources and goes to none of the exceptions gets the address of
 * the interface that it leaves by. What stays on the machine passes here too, by the loopback interface.
 */
function masqueradeChain({ randomFully }: Masquerade): WholeChain {
  return {
    name: 'node-masquerade',
    hook: { type: 'nat', number: HookNumber.postrouting, priority: 100 },
    rules: families.map((family) => [
      ...isIn(family, 'source', sourceSet(family)),
      ...isNotIn(family, 'destination', exceptionSet(family)),
      ...goesNotTo(AddressType.local),
      ...goesNotTo(AddressType.broadcast),
      counted,
      masquerade({ randomFully }),
    ]),
  }
}

/**
 * Drops what leaves a pod under an address that is not routed to it, before connections are tracked: strict reverse-path
 * filtering, for both families (the kernel's own has none for IPv6), on pods' interfaces only. A pod's link-local
 * addresses are its own affair: they are needed to find neighbours, and no router passes them on. Neither does the kernel
 * ask where the unspecified address is routed to that neighbour discovery and DHCP begin with.
 */
const antiSpoofing: WholeChain = {
  name: 'anti-spoofing',
  hook: { type: 'filter', number: HookNumber.prerouting, priority: -300 },
  rules: [
    [...cameByGroup(podLinkGroup), ...isFromLinkLocal, decide('accept')],
    [...cameByGroup(podLinkGroup), ...isNotRoutedBack, counted, decide('drop')],
  ],
}

/**
 * On the way through, behind translations of destinations: so agents that catch such requests on the node still do, and
 * a Service that leads there is no way around.
 */
const metadataGuard: WholeChain = {
  name: 'metadata-guard',
  hook: { type: 'filter', number: HookNumber.forward, priority: 0 },
  rules: families.map((family) => [
    ...cameByGroup(podLinkGroup),
    ...isIn(family, 'destination', metadataSet(family)),
    { step: 'verdict', verdict: goto('metadata-services') },
  ]),
}

/** Some of these addresses are resolvers (Google Cloud, Azure) and time servers (Google Cloud), too. */
const metadataServiceChain: WholeChain = {
  name: 'metadata-services',
  rules: [
    [...goesToPort(Protocol.udp, 53), decide('accept')],
    [...goesToPort(Protocol.tcp, 53), decide('accept')],
    [...goesToPort(Protocol.udp, 123), decide('accept')],
    [counted, decide('drop')],
  ],
}
