import { describe, expect, test } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { gatewayOf, overlapWithOwnNetwork, readPodCidrs } from './pod-cidrs.ts'

describe('podCIDRs of a Node', () => {
  const shown = (podCIDRs: readonly string[] | undefined): string => {
    const read = readPodCidrs({ spec: podCIDRs === undefined ? {} : { podCIDRs } })
    switch (read.kind) {
      case 'waiting':
        return 'waiting'
      case 'known':
        return read.cidrs.map(formatCidr).join(' ')
      case 'unusable':
        return `unusable: ${read.message}`
    }
  }

  test.each<[what: string, podCIDRs: readonly string[] | undefined, as: string]>([
    ['none', undefined, 'waiting'],
    ['an empty list', [], 'waiting'],
    ['one', ['10.244.1.0/24'], '10.244.1.0/24'],
    ['of both families', ['10.244.1.0/24', 'fd00:1::/64'], '10.244.1.0/24 fd00:1::/64'],
    ['IPv6 first', ['fd00:1::/64', '10.244.1.0/24'], 'fd00:1::/64 10.244.1.0/24'],
    ['in capitals', ['FD00:1::/64'], 'fd00:1::/64'],
    ['as small as can be', ['10.244.1.0/30', 'fd00::/126'], '10.244.1.0/30 fd00::/126'],
  ])('%s', (_what, podCIDRs, as) => expect(shown(podCIDRs)).toBe(as))

  test.each<[what: string, podCIDRs: readonly string[], message: RegExp]>([
    ['with host bits (kubernetes 84541)', ['10.244.1.7/24'], /the range is 10\.244\.1\.0\/24/],
    ['no CIDR', ['pods'], /invalid address "pods"/],
    ['two of a family', ['10.244.1.0/24', '10.244.2.0/24'], /two IPv4 podCIDRs/],
    ['too small, IPv4', ['10.244.1.0/31'], /too small: a \/30/],
    ['too small, IPv6', ['fd00::/127'], /too small: a \/126/],
    ['loopback', ['127.1.0.0/24'], /overlaps with 127\.0\.0\.0\/8/],
    ['link-local', ['fe80::/64'], /overlaps with fe80::\/10/],
    ['multicast', ['239.1.0.0/24'], /overlaps with 224/],
    ['everything', ['0.0.0.0/0'], /overlaps/],
  ])('unusable: %s', (_what, podCIDRs, message) => expect(shown(podCIDRs)).toMatch(message))

  test('an old API server has podCIDR only', () => {
    expect(readPodCidrs({ spec: { podCIDR: '10.244.1.0/24' } })).toEqual({
      kind: 'known',
      cidrs: [parseCidr('10.244.1.0/24')],
    })
  })
})

test.each([
  ['10.244.1.0/24', '10.244.1.1'],
  ['fd00:1::/64', 'fd00:1::1'],
])('the gateway of %s is %s', (cidr, gateway) => {
  expect(formatAddress(gatewayOf(parseCidr(cidr)))).toBe(gateway)
})

describe('the machine’s own network', () => {
  const cidrs = ['10.244.1.0/24', 'fd00:1::/64'].map(parseCidr)
  const problem = (addresses: readonly string[], nodeAddresses: readonly string[] = []): string | undefined =>
    overlapWithOwnNetwork(cidrs, [{ name: 'eth0', isUp: true, addresses }], nodeAddresses)

  test.each<[what: string, address: string]>([
    ['another network', '10.0.1.5/24'],
    ['the gateway on a pod’s host end', '10.244.1.1/32'],
    ['the gateway on a predecessor’s bridge', '10.244.1.1/24'],
    ['the IPv6 gateway', 'fd00:1::1/128'],
    ['link-local', 'fe80::1/64'],
    ['the range next to it', '10.244.2.1/24'],
  ])('%s is none of the podCIDRs', (_what, address) => expect(problem([address])).toBeUndefined())

  test.each<[what: string, address: string]>([
    ['an address in it', '10.244.1.5/24'],
    ['a network around it', '10.244.0.9/16'],
    ['a network in it', '10.244.1.129/25'],
    ['the gateway’s address in a wider network', '10.244.1.1/16'],
    ['of IPv6', 'fd00:1::a/64'],
  ])('%s is in the way', (_what, address) =>
    expect(problem(['10.0.1.5/24', address])).toContain(`overlaps with ${address} of the interface eth0`),
  )

  test('the Node’s addresses count too, and its names don’t', () => {
    expect(problem([], ['node-1.example', '10.0.1.5'])).toBeUndefined()
    expect(problem([], ['node-1.example', '10.244.1.5'])).toBe(
      "podCIDR 10.244.1.0/24 contains the node's own address 10.244.1.5",
    )
  })
})
