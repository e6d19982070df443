import { describe, expect, test } from 'vitest'
import type { PathFacts } from '../../../agent/path/path-facts.ts'
import { parseAddress } from '../../../net/address.ts'
import { explainLeg } from './explain-leg.ts'
import { type PathCode, pathFindings } from './path-findings.ts'
import type { Leg } from './path-picture.ts'
import {
  coming,
  far,
  leaving,
  leg,
  near,
  nearRoute,
  nodeA,
  nodeB,
  pod,
  podA,
  uplink,
  veth,
} from './testing/made-facts.ts'

/** What is not well, as `node-b PodInterfaceDown`. */
const wrong = (picture: Leg): readonly string[] =>
  explainLeg(picture)
    .filter(({ finding }) => finding.severity !== 'ok')
    .map(({ at, finding }) => `${at} ${finding.code}`)

type Chain = NonNullable<PathFacts['firewall']['chains']>[number]
const chain = (more: Partial<Chain>): PathFacts['firewall'] => ({
  legacyTables: [],
  chains: [
    {
      family: 'inet',
      table: 'other',
      chain: 'guard',
      hook: 'forward',
      type: 'filter',
      priority: 0,
      verdict: 'accept',
      ...more,
    },
  ],
})
const refused = (why: Extract<PathFacts['way'], { result: 'refused' }>['why']): Partial<PathFacts> => ({
  way: { result: 'refused', why, errno: 1 },
})
const local = { ...far.route, kind: 'local', table: 255, protocol: 2, destination: '10.244.3.0/24' } as const

test('a way without a fault has only hops that are well, each place in its turn', () => {
  const hops = explainLeg(leg({}))
  expect(hops.every(({ finding }) => finding.severity === 'ok')).toBe(true)
  expect([...new Set(hops.map(({ at }) => at))]).toEqual(['node-a', 'node-b'])
})

const down = { ...veth, isUp: false, hasCarrier: false }
const cases: readonly (readonly [string, PathCode, string, Parameters<typeof leg>[0]])[] = [
  [
    'the sender’s interface is down',
    'PodInterfaceDown',
    'node-a',
    { departure: { source: near('10.244.1.2', down) } },
  ],
  [
    'the sender’s own end is down',
    'PodInterfaceWithoutCarrier',
    'node-a',
    { departure: { source: near('10.244.1.2', { ...veth, hasCarrier: false }) } },
  ],
  ['the Node has no route to the sender', 'PodRouteMissing', 'node-a', { departure: { source: far } }],
  ['the Node has no route at all', 'PodRouteMissing', 'node-a', { departure: { source: {} } }],
  [
    'a pod’s interface is down, and a route is missing',
    'PodInterfaceDown',
    'node-a',
    { departure: { source: far, downInterfaces: ['veth7'] } },
  ],
  [
    'the pod does not answer',
    'PodNotAnswering',
    'node-b',
    { arrival: { destination: { ...near('10.244.3.2'), neighbour: { state: 'failed' } } } },
  ],
  [
    'the pod has another hardware address',
    'PodHardwareAddressChanged',
    'node-b',
    {
      arrival: {
        destination: { ...near('10.244.3.2'), neighbour: { state: 'permanent', mac: '02:00:00:00:00:99' } },
      },
    },
  ],
  [
    'nothing is forwarded',
    'ForwardingOff',
    'node-a',
    { departure: { forwards: false, entry: { ...veth, forwards: false } } },
  ],
  [
    'one interface does not forward',
    'ForwardingOff',
    'node-b',
    { arrival: { entry: { ...uplink, forwards: false } } },
  ],
  ['the uplink is down', 'UplinkDown', 'node-b', { arrival: { entry: { ...uplink, isUp: false } } }],
  [
    'the uplink has no carrier',
    'UplinkDown',
    'node-a',
    { departure: { exit: { ...uplink, hasCarrier: false } } },
  ],
  [
    'the gateway does not answer',
    'GatewayNotAnswering',
    'node-a',
    { departure: { destination: { ...far, neighbour: { state: 'failed' } } } },
  ],
  ['the reverse path filter', 'ReversePathFiltered', 'node-b', { arrival: refused('reverse-path') }],
  ['no route', 'NoRoute', 'node-a', { departure: refused('no-route') }],
  ['a blackhole', 'RouteRefuses', 'node-a', { departure: refused('blackhole') }],
  ['a rule that prohibits', 'RouteRefuses', 'node-b', { arrival: refused('prohibit') }],
  [
    'a route that says unreachable',
    'RouteRefuses',
    'node-a',
    { departure: { way: { result: 'found', route: { ...nearRoute('10.244.3.2'), kind: 'unreachable' } } } },
  ],
  [
    'the sender’s Node takes it for itself',
    'AddressSwallowed',
    'node-a',
    { departure: { way: { result: 'found', route: local } } },
  ],
  [
    'the receiver’s Node takes it for itself',
    'AddressSwallowed',
    'node-b',
    { arrival: { destination: { route: local }, way: { result: 'found', route: local } } },
  ],
  [
    'a policy rule leads elsewhere',
    'RouteAstray',
    'node-b',
    {
      arrival: {
        way: { result: 'found', route: { ...nearRoute('10.244.3.2'), gateway: '10.0.2.1', table: 100 } },
      },
    },
  ],
  [
    'a route of an earlier pod',
    'RouteAstray',
    'node-a',
    { departure: { exit: veth, way: { result: 'found', route: nearRoute('10.244.3.2') } } },
  ],
  ['a chain that drops', 'FirewallDrops', 'node-b', { arrival: { firewall: chain({ verdict: 'drop' }) } }],
  [
    'a chain that is not clear',
    'FirewallUnclear',
    'node-a',
    { departure: { firewall: chain({ verdict: 'unclear' }) } },
  ],
  [
    'iptables-legacy',
    'FirewallUnclear',
    'node-b',
    { arrival: { firewall: { chains: [], legacyTables: ['filter'] } } },
  ],
  ['rules that can’t be read', 'FirewallUnclear', 'node-b', { arrival: { firewall: { legacyTables: [] } } }],
  [
    'a masquerade between pods',
    'AddressHidden',
    'node-a',
    { departure: { firewall: chain({ type: 'nat', hook: 'postrouting', verdict: 'masquerade' }) } },
  ],
  [
    'a masquerade that is not clear',
    'AddressUnclear',
    'node-a',
    { departure: { firewall: chain({ type: 'nat', hook: 'postrouting', verdict: 'unclear' }) } },
  ],
  ['a smaller uplink', 'MtuShrinks', 'node-a', { departure: { exit: { ...uplink, mtu: 1500 } } }],
  [
    'a smaller interface of the next Node',
    'MtuDrops',
    'node-b',
    { arrival: { entry: { ...uplink, mtu: 1500 } } },
  ],
  [
    'a smaller route',
    'MtuShrinks',
    'node-a',
    {
      departure: {
        way: {
          result: 'found',
          route: {
            ...far.route,
            destination: '0.0.0.0/0',
            kind: 'unicast',
            table: 254,
            protocol: 3,
            gateway: '10.0.1.1',
            mtu: 1400,
          },
        },
      },
    },
  ],
  ['a Node that can’t be asked', 'NodeNotAsked', 'node-b', { leg: { arrival: { unasked: 'it sleeps' } } }],
]

test.each(cases)('%s: %s at %s', (_, code, at, more) => {
  expect(wrong(leg(more))).toEqual([`${at} ${code}`])
  const hop = explainLeg(leg(more)).find(({ finding }) => finding.code === code)
  expect(hop?.finding.severity).toBe(pathFindings[code].severity)
  expect(hop?.finding.message).toMatch(/^[\w“].*\.$/)
  expect(hop?.finding.fix).toBeTruthy()
})

describe('who sends and who receives', () => {
  const here = pod('other', '10.244.1.3', nodeA)
  const stays = (more: Partial<PathFacts> = {}): Leg =>
    leg({
      leg: {
        destination: here,
        cloud: undefined,
        arrival: undefined,
        departure: {
          facts: leaving('10.244.1.2', {
            destination: near('10.244.1.3'),
            way: { result: 'found', route: nearRoute('10.244.1.3') },
            exit: veth,
            ...more,
          }),
        },
      },
    })

  test('two pods of one Node are connected there', () => {
    expect(wrong(stays())).toEqual([])
    expect(explainLeg(stays()).map(({ finding }) => finding.code)).toEqual([
      'PodInterfaceUp',
      'ForwardingOn',
      'RouteFound',
      'FirewallPasses',
      'PodInterfaceUp',
      'AddressKept',
      'MtuFits',
    ])
    expect(
      wrong(
        stays({
          destination: far,
          way: { result: 'found', route: { ...nearRoute('0'), gateway: '10.0.1.1' } },
        }),
      ),
    ).toEqual(['node-a PodRouteMissing'])
  })

  const host = { name: 'Node node-b', address: parseAddress('10.0.2.10'), node: nodeB, isHost: true }

  test('a Node’s own address needs no forwarding there, and has to be its own', () => {
    const own = { ...nearRoute('10.0.2.10'), kind: 'local', table: 255 } as const
    const to = (route: typeof own | ReturnType<typeof nearRoute>): Leg =>
      leg({
        leg: {
          destination: host,
          arrival: {
            facts: coming('10.0.2.10', {
              forwards: false,
              entry: { ...uplink, forwards: false },
              destination: { route },
              way: { result: 'found', route },
            }),
          },
        },
      })
    expect(wrong(to(own))).toEqual([])
    expect(wrong(to(nearRoute('10.0.2.10')))).toEqual(['node-b AddressNotHere'])
  })

  test('what a Node itself sends passes no pod’s interface, and keeps its address', () => {
    const source = { ...host, name: 'Node node-a', address: parseAddress('10.0.1.10'), node: nodeA }
    const { entry: _, ...facts } = leaving('10.0.1.10', { forwards: false, source: { route: local } })
    const codes = explainLeg(leg({ leg: { source, departure: { facts } } })).map(
      ({ finding }) => finding.code,
    )
    expect(codes.slice(0, 3)).toEqual(['RouteFound', 'FirewallPasses', 'UplinkUp'])
  })

  test('an address on no Node is out of sight, and what is masqueraded on the way to it is well', () => {
    const to = { name: '192.0.2.1', address: parseAddress('192.0.2.1'), node: undefined, isHost: false }
    const picture = leg({
      departure: { firewall: chain({ type: 'nat', hook: 'postrouting', verdict: 'masquerade' }) },
      leg: { destination: to, arrival: undefined },
    })
    expect(wrong(picture)).toEqual(['192.0.2.1 OutOfSight'])
    expect(explainLeg(picture).map(({ finding }) => finding.code)).toContain('AddressMasqueraded')
    expect(
      wrong({
        ...picture,
        way: 'back',
        source: to,
        destination: podA,
        departure: undefined,
        arrival: { facts: coming('10.244.1.2') },
      }),
    ).toEqual(['192.0.2.1 OutOfSight'])
  })
})
