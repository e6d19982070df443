import type { FabricState } from '../fabric-state.ts'
import { podRanges } from '../testing/sample-pods.ts'
import { vpcFabric } from './vpc-rules.ts'
import type { Eni, RouteTable, VpcRoute, VpcState } from './vpc-state.ts'

/**
 * A VPC for tests: subnets `a` and `b` for nodes and `db` for a database, each with a table of its own name; nodes `a1`
 * and `a2` in the first, `b1` in the second, and the host `db`. Pods of node N live in `podRanges(N)`.
 */
export const sampleNodes = ['a1', 'a2', 'b1'] as const
export type SampleNode = (typeof sampleNodes)[number]

const eni = (name: string, subnet: string, number: number, sourceDestCheck: boolean): Eni => ({
  id: `eni-${name}`,
  subnetId: `subnet-${subnet}`,
  addresses: [`10.0.${number}.10`, `2001:db8:0:${number}::10`].map((address) =>
    name === 'a2' ? address.replace(/10$/, '11') : address,
  ),
  prefixes: [],
  sourceDestCheck,
  up: true,
})

/** Routes to the pods of that node, of both families. */
export const routesTo = (node: SampleNode, state: VpcRoute['state'] = 'active'): readonly VpcRoute[] =>
  podRanges(node).map((destination) => ({ destination, target: { kind: 'eni', id: `eni-${node}` }, state }))

const localRoutes: readonly VpcRoute[] = ['10.0.0.0/16', '2001:db8::/56'].map((destination) => ({
  destination,
  target: { kind: 'local' },
  state: 'active',
}))

const allRoutes = sampleNodes.flatMap((node) => routesTo(node))

/** The VPC with these routes in its tables; all routes in the nodes' tables and none in the database's if absent. */
export function sampleVpc(
  routes: Partial<Record<'a' | 'b' | 'db', readonly VpcRoute[]>> = {},
  change: Partial<Record<SampleNode, Partial<Eni>>> = {},
): VpcState {
  const table = (name: 'a' | 'b' | 'db', byDefault: readonly VpcRoute[]): RouteTable => ({
    id: `rtb-${name}`,
    routes: [...localRoutes, ...(routes[name] ?? byDefault)],
  })
  const subnet = (name: string, number: number): VpcState['subnets'][number] => ({
    id: `subnet-${name}`,
    cidrs: [`10.0.${number}.0/24`, `2001:db8:0:${number}::/64`],
    tableId: `rtb-${name}`,
  })
  return {
    cidrs: ['10.0.0.0/16', '2001:db8::/56'],
    subnets: [subnet('a', 1), subnet('b', 2), subnet('db', 3)],
    enis: [
      { ...eni('a1', 'a', 1, false), ...change.a1 },
      { ...eni('a2', 'a', 1, false), ...change.a2 },
      { ...eni('b1', 'b', 2, false), ...change.b1 },
      eni('db', 'db', 3, true),
    ],
    tables: [table('a', allRoutes), table('b', allRoutes), table('db', [])],
  }
}

/** What the fabric makes of it. */
export const sampleFabric = (...sample: Parameters<typeof sampleVpc>): FabricState =>
  vpcFabric(sampleVpc(...sample))

export function ownAddresses(name: SampleNode | 'db'): { readonly 4: string; readonly 6: string } {
  const [v4 = '', v6 = ''] = sampleVpc().enis.find(({ id }) => id === `eni-${name}`)?.addresses ?? []
  return { 4: v4, 6: v6 }
}
