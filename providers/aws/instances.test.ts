import { expect, test } from 'vitest'
import { addressesOf, instanceIdOf } from './instances.ts'

test.for([
  ['aws:///eu-central-1a/i-0123456789abcdef0', 'i-0123456789abcdef0'],
  ['aws:////i-0123456789abcdef0', 'i-0123456789abcdef0'],
  ['aws:///i-0abc', 'i-0abc'],
  ['aws:///eu-central-1a/0a1b2c-d3e4/fargate-ip-10-0-1-2.ec2.internal', undefined],
  ['aws:///eu-central-1a/mi-0123456789abcdef0', undefined],
  ['gce://project/zone/i-0123', undefined],
  ['aws:///eu-central-1a/i-0123*', undefined],
  ['i-0123456789abcdef0', undefined],
  ['', undefined],
] as const)('provider ID %s is instance %s', ([providerID, id]) => {
  expect(instanceIdOf(providerID)).toBe(id)
})

test('addresses of all interfaces, in canonical text', () => {
  const instance = {
    PrivateIpAddress: '10.0.0.1',
    NetworkInterfaces: [
      { PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1' }, { PrivateIpAddress: '10.0.0.2' }] },
      { Ipv6Addresses: [{ Ipv6Address: '2001:DB8:0:0::1' }] },
    ],
  }
  expect([...addressesOf(instance)]).toEqual(['10.0.0.1', '10.0.0.2', '2001:db8::1'])
  expect([...addressesOf({})]).toEqual([])
})
