import type { Family } from '../../net/address.ts'
import { aggregate } from '../../net/aggregate.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { encodeUtf8 } from '../text.ts'
import { HookNumber } from './chain.ts'
import type { Expression } from './expression.ts'
import { toInterval } from './intervals.ts'
import { hash } from './hash.ts'
import { addressPortMap, conditionSuffixBegin, portMap, rangeSetPrefix } from './port-names.ts'
import { goesToLoopback6, goesToNode, translatedByAddress, translatedByPort } from './port-steps.ts'
import type { Ruleset, WholeChain, WholeSet } from './ruleset.ts'
import { type End, addressOf, decide, goto } from './steps.ts'

/** What a packet has to be like to be led to a pod. */
export type Condition =
  | {
      readonly about: 'address'
      readonly end: End
      readonly isInverted: boolean
      /** At least one, all of the family of the conditions. */
      readonly ranges: readonly Cidr[]
    }
  | {
      /** What it came by. What the node itself sends came by none, so that only an inverted condition holds for it. */
      readonly about: 'interface'
      readonly isInverted: boolean
      readonly name: string
      /** All whose names begin so. */
      readonly isPrefix: boolean
    }

/** Those of one family; all have to hold. */
export interface Conditions {
  readonly family: Family
  readonly all: readonly Condition[]
}

/** NFT_META_IIFNAME, and the length of what it reads. */
const [inputName, nameLength] = [6, 16]

/** What the names of all that is made for these conditions end with: equal ones share it, whoever's pods'. */
export const conditionSuffix = ({ family, all }: Conditions): string =>
  `${conditionSuffixBegin}${hash([`v${family}`, ...all.map(describe)].join('; '))}`

function describe(condition: Condition): string {
  const operator = condition.isInverted ? '!=' : '=='
  if (condition.about === 'interface')
    return `interface ${operator} ${condition.name}${condition.isPrefix ? '*' : ''}`
  return `${condition.end} ${operator} ${aggregate(condition.ranges).map(formatCidr).join(' ')}`
}

/**
 * What has to be there for mappings with these conditions: maps of their own, and chains that ask them if the conditions
 * hold. They come before the maps of all, so what is led by a condition is led there. A packet costs what there are
 * different lists of conditions, not pods.
 */
export function conditionRuleset(conditions: Conditions): Ruleset {
  const { family, all } = conditions
  const suffix = conditionSuffix(conditions)
  const sets: WholeSet[] = [
    { name: `${portMap(family)}${suffix}`, family, kind: 'ports', intervals: undefined },
    { name: `${addressPortMap(family)}${suffix}`, family, kind: 'address-ports', intervals: undefined },
  ]
  // As nft orders them: what the family has to be known for stands behind it.
  const [interfaces, addresses]: [Expression[], Expression[]] = [[], []]
  for (const [index, condition] of all.entries()) {
    if (condition.about === 'interface') {
      interfaces.push(...cameBy(condition))
      continue
    }
    const name = `${rangeSetPrefix}${index}${suffix}`
    sets.push({ name, family, kind: 'ranges', intervals: aggregate(condition.ranges).map(toInterval) })
    addresses.push(addressOf(family, condition.end), {
      step: 'lookup',
      set: name,
      inverted: condition.isInverted,
      decides: false,
    })
  }
  const maps: WholeChain = {
    name: `pod-port-maps${suffix}`,
    rules: [
      ...(family === 6 ? [[...goesToLoopback6, decide('return')]] : []),
      [...interfaces, ...translatedByAddress(family, `${addressPortMap(family)}${suffix}`, addresses)],
      [...interfaces, ...translatedByPort(family, `${portMap(family)}${suffix}`, addresses)],
    ],
  }
  const entry = (name: string, hook: number): WholeChain => ({
    name: `${name}${suffix}`,
    hook: { type: 'nat', number: hook, priority: -101 },
    rules: [[...goesToNode, { step: 'verdict', verdict: goto(maps.name) }]],
  })
  return {
    sets,
    chains: [maps, entry('pod-ports', HookNumber.prerouting), entry('pod-port-output', HookNumber.output)],
  }
}

function cameBy({
  isInverted,
  name,
  isPrefix,
}: Extract<Condition, { readonly about: 'interface' }>): readonly Expression[] {
  const bytes = encodeUtf8(name)
  // What is compared is as long as the beginning of the name, or all of it with what follows.
  const value = isPrefix ? bytes : Uint8Array.from({ length: nameLength }, (_, at) => bytes[at] ?? 0)
  return [
    { step: 'meta', key: inputName },
    { step: 'compare', equal: !isInverted, value },
  ]
}
