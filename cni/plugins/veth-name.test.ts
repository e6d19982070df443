import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { decodeText, encodeUtf8 } from '../text.ts'
import { hostVethAlias, hostVethName, isAliasOf } from './veth-name.ts'

const owner = fc.record({
  containerId: fc.string({ minLength: 1 }),
  ifName: fc.string({ minLength: 1, maxLength: 15 }),
})

describe('the host’s end', () => {
  it('has a name that DEL finds again, in every release', () => {
    expect(hostVethName({ containerId: 'abc', ifName: 'eth0' }, 0)).toBe('veth8d5a95f2')
  })

  test.prop([owner, fc.integer({ min: 0, max: 9 })])(
    'has a name that the kernel accepts',
    (whose, attempt) => {
      expect(hostVethName(whose, attempt)).toMatch(/^veth[0-9a-f]{8}$/)
    },
  )

  it('has few collisions among container ids that differ little', () => {
    const names = new Set(
      Array.from({ length: 5000 }, (_, i) =>
        hostVethName({ containerId: i.toString(16).padStart(64, '0'), ifName: 'eth0' }, 0),
      ),
    )
    expect(names.size).toBeGreaterThan(4990)
  })

  it('has another name at each attempt', () => {
    const names = Array.from({ length: 10 }, (_, i) => hostVethName({ containerId: 'a', ifName: 'eth0' }, i))
    expect(new Set(names).size).toBe(10)
  })

  it('carries whose it is, as far as the kernel keeps it', () => {
    expect(hostVethAlias({ network: 'net', containerId: 'abc', ifName: 'eth0' })).toBe('podway net abc/eth0')
    expect(hostVethAlias({ network: 'net', containerId: 'a'.repeat(300), ifName: 'eth0' })).toHaveLength(255)
  })

  it('carries what is read back as it was written', () => {
    const alias = hostVethAlias({ network: 'net', containerId: 'abc', ifName: 'ethé😀' })
    expect(alias).toBe('podway net abc/eth__')
    expect(decodeText(encodeUtf8(alias))).toBe(alias)
  })

  it('is known to be one of its network, and of no other with a longer name', () => {
    const alias = hostVethAlias({ network: 'net', containerId: 'abc', ifName: 'eth0' })
    expect(isAliasOf('net', alias)).toBe(true)
    expect(isAliasOf('ne', alias)).toBe(false)
    expect(isAliasOf('network', alias)).toBe(false)
  })
})
