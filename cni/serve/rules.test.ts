import { describe, expect, it } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import { readNodeRules } from './rules.ts'

const masquerade = { sources: ['10.244.0.0/16'], exceptions: ['10.0.0.0/8', 'fd00::/8'], randomFully: true }
const rules = { masquerade, antiSpoofing: true, blockMetadata: false }

describe('the parameters of rules.set', () => {
  it('are read', () => {
    const read = readNodeRules(rules)
    expect(read).toMatchObject({ antiSpoofing: true, blockMetadata: false })
    expect(read.masquerade).toMatchObject({ linkLocal: false, randomFully: true })
    expect(read.masquerade?.exceptions.map(formatCidr)).toEqual(masquerade.exceptions)
    expect(readNodeRules({ antiSpoofing: false, blockMetadata: true }).masquerade).toBeUndefined()
    expect(
      readNodeRules({ ...rules, masquerade: { ...masquerade, linkLocal: true } }).masquerade?.linkLocal,
    ).toBe(true)
  })

  it.each([
    { name: 'nothing', parameters: undefined, field: 'parameters' },
    { name: 'a list', parameters: [], field: 'parameters' },
    { name: 'a stranger', parameters: { ...rules, table: 'inet x' }, field: 'parameters' },
    { name: 'no word of spoofing', parameters: { blockMetadata: true }, field: 'parameters.antiSpoofing' },
    {
      name: 'a number for a truth',
      parameters: { ...rules, blockMetadata: 1 },
      field: 'parameters.blockMetadata',
    },
    { name: 'masquerade: true', parameters: { ...rules, masquerade: true }, field: 'parameters.masquerade' },
    {
      name: 'no sources',
      parameters: { ...rules, masquerade: { exceptions: [], randomFully: true } },
      field: 'parameters.masquerade.sources',
    },
    {
      name: 'host bits',
      parameters: { ...rules, masquerade: { ...masquerade, exceptions: ['10.0.0.1/8'] } },
      field: 'parameters.masquerade.exceptions[0]',
    },
    {
      name: 'every address as a source',
      parameters: { ...rules, masquerade: { ...masquerade, sources: ['::/0'] } },
      field: 'parameters.masquerade.sources[0]',
    },
    {
      name: 'more than fit',
      parameters: { ...rules, masquerade: { ...masquerade, exceptions: Array(1001).fill('10.0.0.0/8') } },
      field: 'parameters.masquerade.exceptions',
    },
  ])('are refused with $name', ({ parameters, field }) => {
    expect(() => readNodeRules(parameters)).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ code: 'invalid', field }) as object,
      }) as Error,
    )
  })
})
