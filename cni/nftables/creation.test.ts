import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { creation, foundation } from './creation.ts'
import { difference } from './difference.ts'
import { baseRuleset, networkRuleset, planPod } from './pod-masquerade.ts'
import { portRuleset } from './pod-ports.ts'

const nothing = { generation: 0, table: undefined, chains: [], sets: [] }

const network = networkRuleset(
  ['10.1.0.2', 'fd00::2'].map((address) =>
    planPod({ address: parseAddress(address), exceptions: [parseCidr('10.0.0.0/8')] }, 'a pod'),
  ),
)

describe('what makes a ruleset of nothing', () => {
  it.each([
    { name: 'what all masqueraded pods need', ruleset: baseRuleset },
    { name: 'what one network needs, with ranges', ruleset: network },
    { name: 'what all port mappings need', ruleset: portRuleset },
  ])('$name: is the difference from nothing', ({ ruleset }) => {
    const { changes } = difference(ruleset, nothing, () => false)
    expect(changes.length).toBeGreaterThan(3)
    expect(creation(ruleset)).toEqual(changes)
    expect(foundation(ruleset)).toEqual(changes)
  })

  it('is written once, if it is always the same', () => {
    expect(foundation(portRuleset)).toBe(foundation(portRuleset))
    expect(foundation(portRuleset)).not.toBe(foundation(baseRuleset))
  })

  it('gives the sets of one transaction different numbers', () => {
    const [first, second] = [creation(network), creation(network, 7)].map((requests) =>
      requests
        .filter(({ operation }) => operation.startsWith('create set'))
        .map(({ payload }) => payload.at(-1)),
    )
    expect(first).toEqual([1, 2])
    expect(second).toEqual([7, 8])
  })
})
