import { afterEach, describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { Change, Quota, RouteProvider } from '../provider.ts'
import type { ObservedRoute, Table } from '../route.ts'
import { quotaOf } from './quota.ts'

const signal = new AbortController().signal
const route = (destination: string, origin: ObservedRoute['origin'] = 'static'): ObservedRoute => ({
  destination: parseCidr(destination),
  target: { kind: 'other', id: 'x' },
  state: 'active',
  origin,
})

describe('what counts', () => {
  test.each<[name: string, routes: readonly ObservedRoute[], used: readonly [v4: number, v6: number]]>([
    ['nothing', [], [0, 0]],
    ['routes made by call, whoever made them', [route('10.1.0.0/24'), route('0.0.0.0/0')], [2, 0]],
    ['each family for itself', [route('10.1.0.0/24'), route('fd00::/64'), route('::/0')], [1, 2]],
    ['black holes', [{ ...route('10.1.0.0/24'), state: 'blackhole' }], [1, 0]],
    ['local routes', [route('10.0.0.0/16', 'local'), route('fd00::/56', 'local')], [1, 1]],
    ['not what is propagated, which has a quota of its own', [route('10.1.0.0/24', 'propagated')], [0, 0]],
  ])('%s', (_name, routes, [v4, v6]) => {
    expect(quotaOf({ routes }, 500)).toEqual({
      families: [
        { family: 4, used: v4, limit: 500 },
        { family: 6, used: v6, limit: 500 },
      ],
    })
  })
})

describe('before EC2', () => {
  let world: SimulatedAws
  afterEach(() => world.close())

  // Nodes beyond the limit stay NetworkUnavailable and nobody knows why:
  // https://github.com/kubernetes/kubernetes/issues/40307, https://github.com/kubernetes/kops/issues/4918
  test('a table is full by our count when EC2 refuses the next route, and no earlier', async () => {
    world = await createSimulatedAws({ routeLimits: { v4: 5, v6: 3 } })
    const table = await world.addTable('a')
    const { target } = await world.addNode('node-1')
    for (const [limit, family, prefix] of [
      [5, 4, '10.244.N.0/24'],
      [3, 6, 'fd00:10:244:N::/64'],
    ] as const) {
      const provider = providerWith(limit)
      for (let n = 1; ; n++) {
        const { used = 0 } =
          (await quota(provider, table)).families.find((one) => one.family === family) ?? {}
        const destination = parseCidr(prefix.replace('N', String(n)))
        const changes: Change[] = [{ op: 'create', destination, target }]
        const [outcome] = await provider.apply(table, { changes }, signal)
        if (outcome?.result === 'done') {
          expect(used).toBeLessThan(limit)
          continue
        }
        expect(outcome?.error.class).toBe('quota')
        expect(used).toBe(limit)
        break
      }
    }
  })

  test('it costs no call', async () => {
    world = await createSimulatedAws()
    const table = await world.addTable('a')
    const snapshot = await world.provider.list(table, signal)
    const calls = world.simulator.calls.length
    expect(world.provider.quota?.(table, snapshot)?.families.map(({ limit }) => limit)).toEqual([500, 500])
    expect(world.simulator.calls).toHaveLength(calls)
  })

  const providerWith = (routesPerTable: number): RouteProvider => world.providerWith({ routesPerTable })

  async function quota(provider: RouteProvider, table: Table): Promise<Quota> {
    const found = provider.quota?.(table, await provider.list(table, signal))
    if (found === undefined) throw new Error('AWS has a quota of routes')
    return found
  }
})
