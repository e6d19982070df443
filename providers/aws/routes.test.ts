import type { Route as WireRoute } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { formatTarget } from '../route.ts'
import { destinationParameter, observedRoute, targetParameter } from './routes.ts'

const at = { DestinationCidrBlock: '10.244.1.0/24', State: 'active', Origin: 'CreateRoute' } as const

const cases: readonly { readonly name: string; readonly wire: WireRoute; readonly is: string | undefined }[] =
  [
    {
      name: 'by interface, instance listed too',
      wire: { ...at, InstanceId: 'i-1', NetworkInterfaceId: 'eni-1' },
      is: '10.244.1.0/24 → eni/eni-1 active static',
    },
    {
      name: 'by instance only, as emulators list it',
      wire: { ...at, InstanceId: 'i-1' },
      is: '10.244.1.0/24 → instance/i-1 active static',
    },
    {
      name: 'IPv6 (https://github.com/kubernetes/kubernetes/issues/78089)',
      wire: {
        DestinationIpv6CidrBlock: 'fd00:10:244:1::/64',
        NetworkInterfaceId: 'eni-1',
        Origin: 'CreateRoute',
      },
      is: 'fd00:10:244:1::/64 → eni/eni-1 active static',
    },
    {
      name: 'a black hole',
      wire: { ...at, NetworkInterfaceId: 'eni-1', State: 'blackhole' },
      is: '10.244.1.0/24 → eni/eni-1 blackhole static',
    },
    {
      name: "the VPC's own",
      wire: { ...at, GatewayId: 'local', Origin: 'CreateRouteTable' },
      is: '10.244.1.0/24 → other/local active local',
    },
    {
      name: 'from a virtual private gateway',
      wire: { ...at, GatewayId: 'vgw-1', Origin: 'EnableVgwRoutePropagation' },
      is: '10.244.1.0/24 → other/vgw-1 active propagated',
    },
    {
      name: 'from a route server, and not in use',
      wire: { ...at, NetworkInterfaceId: 'eni-1', Origin: 'Advertisement', State: 'filtered' },
      is: '10.244.1.0/24 → eni/eni-1 blackhole propagated',
    },
    {
      name: 'of unknown origin: not ours to touch',
      wire: { DestinationCidrBlock: '10.0.0.0/8', GatewayId: 'igw-1' },
      is: '10.0.0.0/8 → other/igw-1 active propagated',
    },
    { name: 'NAT', wire: { ...at, NatGatewayId: 'nat-1' }, is: '10.244.1.0/24 → other/nat-1 active static' },
    {
      name: 'transit',
      wire: { ...at, TransitGatewayId: 'tgw-1' },
      is: '10.244.1.0/24 → other/tgw-1 active static',
    },
    {
      name: 'a peering, torn down',
      wire: { ...at, VpcPeeringConnectionId: 'pcx-1', State: 'blackhole' },
      is: '10.244.1.0/24 → other/pcx-1 blackhole static',
    },
    {
      name: 'egress-only',
      wire: {
        DestinationIpv6CidrBlock: '::/0',
        EgressOnlyInternetGatewayId: 'eigw-1',
        Origin: 'CreateRoute',
      },
      is: '::/0 → other/eigw-1 active static',
    },
    { name: 'a target of the future', wire: at, is: '10.244.1.0/24 → other/unknown active static' },
    {
      name: 'host bits, as emulators keep them',
      wire: { ...at, DestinationCidrBlock: '100.68.0.18/18', GatewayId: 'igw-1' },
      is: '100.68.0.0/18 → other/igw-1 active static',
    },
    { name: 'a prefix list', wire: { DestinationPrefixListId: 'pl-1', GatewayId: 'vpce-1' }, is: undefined },
    { name: 'nonsense', wire: { ...at, DestinationCidrBlock: '10.244/24' }, is: undefined },
  ]

test.for(cases)('as EC2 lists it: $name', ({ wire, is }) => {
  const route = observedRoute(wire)
  const text =
    route && `${formatCidr(route.destination)} → ${formatTarget(route.target)} ${route.state} ${route.origin}`
  expect(text).toBe(is)
})

test('each family has its own parameter', () => {
  expect(destinationParameter(parseCidr('10.244.1.0/24'))).toEqual({ DestinationCidrBlock: '10.244.1.0/24' })
  expect(destinationParameter(parseCidr('fd00:1::/64'))).toEqual({ DestinationIpv6CidrBlock: 'fd00:1::/64' })
})

test('only interfaces are written', () => {
  expect(targetParameter({ kind: 'eni', id: 'eni-1' })).toEqual({ NetworkInterfaceId: 'eni-1' })
  for (const kind of ['instance', 'address', 'other'] as const)
    expect(() => targetParameter({ kind, id: 'x' })).toThrow(expect.objectContaining({ class: 'invalid' }))
})
