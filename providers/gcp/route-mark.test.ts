import { test as propertyTest, fc } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { type RouteIdentity, hasMark, routeDescription, routeName } from './route-mark.ts'

const base: RouteIdentity = {
  clusterName: 'prod',
  network: 'projects/p/global/networks/n',
  destination: parseCidr('10.244.3.0/24'),
  target: { kind: 'instance', id: 'projects/p/zones/z/instances/i' },
}
const marked = (identity: RouteIdentity): { name: string; description: string } => ({
  name: routeName(identity),
  description: routeDescription(identity),
})

const rfc1035 = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/

describe('the name', () => {
  test('reads as what it is', () => {
    expect(routeName(base)).toMatch(/^podway-prod-[0-9a-f]{20}$/)
    expect(routeName(base)).toBe(routeName({ ...base }))
  })

  // gce_routes.go gives both podCIDRs of a node one name: the second insert gets a 409, which it takes for success.
  test('is another for each of the two podCIDRs of a dual-stack node', () => {
    expect(routeName({ ...base, destination: parseCidr('fd00:10:244:3::/64') })).not.toBe(routeName(base))
  })

  // gce_routes.go cuts the name of the cluster at 26 characters.
  test('of two clusters whose names are equal for long differs', () => {
    const long = 'a-cluster-whose-name-is-longer-than-google-takes-and-then-some'
    expect(routeName({ ...base, clusterName: `${long}-1` })).not.toBe(
      routeName({ ...base, clusterName: `${long}-2` }),
    )
  })

  test.each<[what: string, change: Partial<RouteIdentity>]>([
    ['network', { network: 'projects/p/global/networks/m' }],
    ['target', { target: { kind: 'instance', id: 'projects/p/zones/z/instances/j' } }],
    ['kind of target', { target: { kind: 'address', id: base.target.id } }],
    ['prefix length', { destination: parseCidr('10.244.3.0/25') }],
  ])('differs with the %s', (_what, change) => {
    expect(routeName({ ...base, ...change })).not.toBe(routeName(base))
  })

  propertyTest.prop([fc.string({ unit: 'grapheme' })])(
    'is what Google takes, whatever the cluster is called',
    (clusterName) => {
      expect(routeName({ ...base, clusterName })).toMatch(rfc1035)
    },
  )

  propertyTest.prop([fc.string(), fc.string()])('tells any two clusters apart', (one, other) => {
    expect(routeName({ ...base, clusterName: one }) === routeName({ ...base, clusterName: other })).toBe(
      one === other,
    )
  })
})

describe('the mark', () => {
  test('is one line that a person can read', () => {
    expect(routeDescription({ ...base, clusterName: 'a, b' })).toBe(
      'heritage=podway,podway/version=1,podway/cluster=a%2C%20b,podway/destination=10.244.3.0/24',
    )
  })

  test('is found again', () => expect(hasMark(marked(base), base)).toBe(true))

  // gce_routes.go lists by the prefix of names: `dev` lists the routes of `dev-2` too.
  test.each<[cluster: string, other: string]>([
    ['dev', 'dev-2'],
    ['prod', 'prod-eu'],
    ['prod', 'Prod'],
  ])('of cluster %s is none of cluster %s', (clusterName, other) => {
    expect(hasMark(marked({ ...base, clusterName: other }), { ...base, clusterName })).toBe(false)
  })

  test.each<[what: string, route: { name: string; description: string }]>([
    ['no description', { ...marked(base), description: '' }],
    [
      'the description of the Kubernetes route controller',
      { ...marked(base), description: 'k8s-node-route' },
    ],
    ['one more field', { ...marked(base), description: `${routeDescription(base)},x=y` }],
    ['a space', { ...marked(base), description: `${routeDescription(base)} ` }],
    [
      'a later version',
      { ...marked(base), description: routeDescription(base).replace('version=1', 'version=2') },
    ],
    ['another destination', { ...marked(base), description: routeDescription(base).replace('.3.', '.4.') }],
    ['a name of its own', { ...marked(base), name: 'mine' }],
  ])('with %s it is foreign', (_what, route) => expect(hasMark(route, base)).toBe(false))
})
