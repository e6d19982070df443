import { describe, expect, it } from 'vitest'
import { ifbNames, referenceIfbNames } from './ifb-name.ts'
import { hostVethName } from './veth-name.ts'

const member = { network: 'cni-plugin-bandwidth-test', containerId: 'dummy', ifName: 'eth0' }

describe('names of ifbs', () => {
  it('are hashes of container and interface, as of the veth', () => {
    const [first, second] = ifbNames(member)
    expect(first).toBe(hostVethName(member, 0).replace('veth', 'bwp'))
    expect(second).toBe(hostVethName(member, 1).replace('veth', 'bwp'))
  })

  it('begin with upstream’s where we stand in for it, which knows no interface', () => {
    expect(referenceIfbNames(member)).toEqual(['bwpa8eda89404b7', ...ifbNames(member)])
    expect(referenceIfbNames({ ...member, ifName: 'net1' })[0]).toBe('bwpa8eda89404b7')
  })

  it('fit into the kernel’s 15 letters', () => {
    for (const name of referenceIfbNames({ ...member, containerId: 'x'.repeat(300) }))
      expect(name).toMatch(/^bwp[0-9a-f]{8,12}$/)
  })
})
