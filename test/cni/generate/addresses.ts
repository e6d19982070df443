import fc from 'fast-check'
import { rarely } from './chance.ts'

// What is drawn is narrow on purpose: few networks and few addresses, so that they meet.

export const network4 = ['10.1.2.0/29', '10.1.2.0/30', '10.1.2.8/29', '10.1.3.0/24'] as const
export const network6 = ['fd00:1::/64', 'fd00:2::/126', 'FD00:3:0::/66'] as const
const strangeNetworks = [
  '10.1.2.5/29',
  '10.1.2.0/31',
  '10.1.2.0/32',
  '10.1.2.0/33',
  '10.1.2.0/-1',
  '10.01.2.0/24',
  '10.1.2.0',
  '10.1.2/24',
  'fd00:1::1/64',
  'fd00:1::/127',
  'fd00:1::/129',
  '::ffff:10.1.2.0/120',
  'nonsense',
  '',
  ' 10.1.2.0/29',
] as const
const addresses = [
  '10.1.2.1',
  '10.1.2.2',
  '10.1.2.3',
  '10.1.2.6',
  '10.1.2.7',
  '10.1.2.10',
  '10.1.3.77',
  '10.9.9.9',
  'fd00:1::1',
  'fd00:1::5',
  'fd00:2::2',
  'fd00:2:0::3',
  '::ffff:10.1.2.3',
] as const
const strangeAddresses = ['10.1.2', '10.1.2.256', 'x', '', '::', '0.0.0.0', 'fd00::1::2'] as const

export const anyAddress = rarely(
  fc.constantFrom<string>(...strangeAddresses),
  fc.constantFrom<string>(...addresses),
)
export const withLength = fc
  .tuple(anyAddress, fc.constantFrom('', '', '/24', '/64', '/33', '/x'))
  .map(([address, length]) => address + length)

export const range = (networks: readonly string[]): fc.Arbitrary<object> =>
  fc.oneof(
    { arbitrary: fc.record({ subnet: fc.constantFrom(...networks) }), weight: 4 },
    {
      arbitrary: fc.record(
        {
          subnet: rarely(fc.constantFrom<string>(...strangeNetworks), fc.constantFrom(...networks)),
          rangeStart: anyAddress,
          rangeEnd: anyAddress,
          gateway: anyAddress,
        },
        { requiredKeys: ['subnet'] },
      ),
      weight: 2,
    },
  )

const rangeSet = fc.oneof(
  { arbitrary: fc.array(range(network4), { minLength: 1, maxLength: 1 }), weight: 6 },
  { arbitrary: fc.array(range(network6), { minLength: 1, maxLength: 1 }), weight: 4 },
  { arbitrary: fc.array(range([...network4, ...network6]), { maxLength: 3 }), weight: 1 },
)
export const rangeSets = fc.oneof(
  { arbitrary: fc.array(rangeSet, { minLength: 1, maxLength: 2 }), weight: 6 },
  { arbitrary: fc.array(rangeSet, { maxLength: 3 }), weight: 1 },
)

export const route = fc.oneof(
  {
    arbitrary: fc.constantFrom<object>(
      { dst: '0.0.0.0/0' },
      { dst: '::/0' },
      { dst: '192.168.0.0/16' },
      { dst: '1.2.3.4/32' },
      { dst: 'fd77::/64' },
    ),
    weight: 6,
  },
  {
    arbitrary: fc.record(
      {
        dst: fc.constantFrom('0.0.0.0/0', '192.168.0.0/16', '10.55.5.5/16', '::/0', 'fd77::/64', 'x', ''),
        gw: anyAddress,
        priority: fc.constantFrom(0, 77, -1),
        table: fc.constantFrom(0, 100, 1000),
        scope: fc.constantFrom(0, 253, 300),
      },
      { requiredKeys: ['dst'] },
    ),
    weight: 1,
  },
)
