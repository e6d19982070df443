import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { readVlans } from './vlan-config.ts'

describe('VLANs of a configuration', () => {
  it.each([
    { name: 'none', json: { preserveDefaultVlan: true }, is: undefined },
    { name: 'zero', json: { vlan: 0 }, is: undefined },
    { name: 'one', json: { vlan: 100 }, is: { access: 100, trunk: [], keepsDefault: false } },
    {
      name: 'an empty trunk',
      json: { vlanTrunk: [] },
      is: { access: undefined, trunk: [], keepsDefault: false },
    },
    {
      name: 'a trunk, each of it once and in order',
      json: { vlanTrunk: [{ id: 300 }, { minID: 5, maxID: 7, id: 6 }, { id: 5 }], preserveDefaultVlan: true },
      is: { access: undefined, trunk: [5, 6, 7, 300], keepsDefault: true },
    },
  ])('$name', ({ json, is }) => {
    expect(readVlans(json)).toEqual(is)
  })

  /** plugins/main/bridge/bridge.go, collectVlanTrunk. */
  it.each([
    { json: { vlan: -1 }, says: 'vlan: invalid VLAN ID -1 (must be between 0 and 4094)' },
    { json: { vlan: 4095 }, says: 'vlan: invalid VLAN ID 4095 (must be between 0 and 4094)' },
    { json: { vlan: '5' }, says: 'vlan must be a whole number' },
    {
      json: { vlanTrunk: [{ minID: 0, maxID: 5 }] },
      says: 'vlanTrunk[0].minID: incorrect trunk minID parameter',
    },
    {
      json: { vlanTrunk: [{ minID: 5, maxID: 4095 }] },
      says: 'vlanTrunk[0].maxID: incorrect trunk maxID parameter',
    },
    {
      json: { vlanTrunk: [{ minID: 5, maxID: 4 }] },
      says: 'vlanTrunk[0]: minID is greater than maxID in trunk parameter',
    },
    {
      json: { vlanTrunk: [{ id: 1 }, { minID: 5 }] },
      says: 'vlanTrunk[1]: minID and maxID should be configured simultaneously, maxID is missing',
    },
    {
      json: { vlanTrunk: [{ maxID: 5 }] },
      says: 'vlanTrunk[0]: minID and maxID should be configured simultaneously, minID is missing',
    },
    { json: { vlanTrunk: [{ id: 0 }] }, says: 'vlanTrunk[0].id: incorrect trunk id parameter' },
    { json: { vlanTrunk: [5] }, says: 'vlanTrunk[0] must be an object' },
  ])('refuses $json', ({ json, says }) => {
    expect(() => readVlans(json)).toThrow(expect.objectContaining({ code: 7, message: says }) as Error)
  })

  const id = fc.integer({ min: 1, max: 4094 })
  test.prop([fc.array(fc.tuple(id, id), { maxLength: 5 })])('are those of all ranges, once', (ranges) => {
    const sorted = ranges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    const vlans = readVlans({ vlanTrunk: sorted.map(([minID, maxID]) => ({ minID, maxID })) })
    const all = Array.from({ length: 4094 }, (_, index) => index + 1)
    expect(vlans?.trunk).toEqual(all.filter((one) => sorted.some(([a, b]) => a <= one && one <= b)))
  })
})
