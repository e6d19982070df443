import { type Address, addressToBytes } from '../../net/address.ts'
import { aggregate } from '../../net/aggregate.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { HookNumber } from './chain.ts'
import type { Element } from './element.ts'
import { hash } from './hash.ts'
import { toInterval } from './intervals.ts'
import { exceptionSet, families, podMap } from './names.ts'
import { neverMasqueraded } from './node-ruleset.ts'
import type { Ruleset, WholeChain, WholeSet } from './ruleset.ts'
import { AddressType, counted, decidedBy, goesNotTo, goto, isNotIn, masquerade, ofFamily } from './steps.ts'

/** An address of a pod that is to be masqueraded. */
export interface MasqueradedAddress {
  readonly address: Address
  /** Destinations that see it as it is, besides those of the node's rules. */
  readonly exceptions: readonly Cidr[]
}

/** What masquerades one address. */
export interface PodPlan {
  readonly address: Address
  /** Of all addresses of that family with these exceptions, and the set of these. */
  readonly chain: WholeChain
  readonly set: WholeSet
  /** What leads from the address to the chain. */
  readonly element: Element
}

const baseChain: WholeChain = {
  name: 'pod-masquerade',
  hook: { type: 'nat', number: HookNumber.postrouting, priority: 100 },
  rules: families.map((family) => decidedBy(family, 'source', podMap(family))),
}

/** What has to be there for any address of a pod: it comes with the first one, and goes with the last. */
export const baseRuleset: Ruleset = {
  sets: families.flatMap((family): WholeSet[] => [
    { name: exceptionSet(family), family, kind: 'ranges', intervals: undefined },
    { name: podMap(family), family, kind: 'verdicts', intervals: undefined },
  ]),
  chains: [baseChain],
}

/**
 * What has to be there for these addresses, and for every other one with the same exceptions: one map and one base chain for
 * all pods, and a chain with a set for each list of exceptions. So a packet costs the same with one pod as with hundreds,
 * and so does a pod.
 */
export function networkRuleset(plans: readonly PodPlan[]): Ruleset {
  const unique = plans.filter(
    ({ chain }, index) => plans.findIndex((other) => other.chain.name === chain.name) === index,
  )
  return { sets: unique.map(({ set }) => set), chains: unique.map(({ chain }) => chain) }
}

/** `comment` says whose address it is. */
export function planPod({ address, exceptions }: MasqueradedAddress, comment: string): PodPlan {
  const { family } = address
  const all = [...exceptions, ...neverMasqueraded].filter((cidr) => cidr.family === family)
  const ranges = aggregate(all)
  // Equal lists share a chain, and a list that is another one tomorrow gets one of its own.
  const id = hash(`v${family} ${ranges.map(formatCidr).join(' ')}`)
  const set: WholeSet = {
    name: `pod-exceptions-${id}`,
    family,
    kind: 'ranges',
    intervals: ranges.map(toInterval),
  }
  const chain: WholeChain = {
    name: `pod-network-${id}`,
    rules: [
      [
        ...ofFamily(family),
        ...isNotIn(family, 'destination', exceptionSet(family)),
        ...isNotIn(family, 'destination', set.name),
        ...goesNotTo(AddressType.local),
        ...goesNotTo(AddressType.broadcast),
        counted,
        masquerade({ randomFully: true }),
      ],
    ],
  }
  const element = { key: addressToBytes(address), isEnd: false, verdict: goto(chain.name), comment }
  return { address, chain, set, element }
}
