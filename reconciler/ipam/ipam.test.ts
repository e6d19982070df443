import { describe, expect, test } from 'vitest'
import { type Logger, silentLogger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { ObservedRoute } from '../../providers/route.ts'
import { nodeOwner } from './allocator.ts'
import { Ipam, type IpamSources, patienceMs } from './ipam.ts'
import type { LabelSelector } from './label-selector.ts'
import { Pool } from './pool.ts'

const node = (taints: readonly string[] = []): Node => ({
  metadata: { name: 'a', uid: 'a', resourceVersion: '1' },
  spec: { taints: taints.map((key) => ({ key, effect: 'NoSchedule' })) },
})
const uninitialized = node(['node.cloudprovider.kubernetes.io/uninitialized'])

function make(sources: IpamSources = {}, selector?: LabelSelector) {
  const clock = new ManualClock()
  const stop = new AbortController()
  const world = { chances: 0, warnings: 0 }
  const log: Logger = { ...silentLogger, warn: () => void world.warnings++ }
  const ipam = new Ipam({
    pools: [new Pool(parseCidr('10.0.0.0/21'), 24, selector)],
    sources,
    onChance: () => void world.chances++,
    clock,
    random: () => 0.5,
    events: { record: () => undefined },
    subject: { apiVersion: 'v1', kind: 'Namespace', name: 'podway-system' },
    log,
  })
  const following = ipam.follow(stop.signal)
  const next = (): string => {
    const allocation = ipam.allocator.allocate(nodeOwner('a'))
    return allocation.result === 'allocated' ? allocation.cidrs.map(formatCidr).join() : allocation.message
  }
  const end = async (): Promise<void> => {
    stop.abort()
    await following
  }
  return Object.assign(world, { ipam, clock, next, end })
}

const route = (destination: string, origin: ObservedRoute['origin'] = 'static'): ObservedRoute => ({
  destination: parseCidr(destination),
  target: { kind: 'other', id: 'x' },
  state: 'active',
  origin,
})
const empty = { tables: [], complete: true }
const nobody = (): boolean => false

describe('when something is given', () => {
  test('once all tables were read', async () => {
    const world = make()
    expect(world.ipam.answer(node())).toBe('later')
    world.ipam.tablesRead({ tables: [], complete: false }, nobody)
    expect(world.ipam.answer(node())).toBe('later')
    world.ipam.tablesRead(empty, nobody)
    expect(world.ipam.answer(node())).toBe('yes')
    world.ipam.tablesRead({ tables: [], complete: false }, nobody)
    expect(world.ipam.answer(node())).toBe('yes')
    expect(world.chances).toBe(1)
    await world.end()
  })

  test('in the end also if one can’t be read: a broken table stops no cluster', async () => {
    const world = make()
    await world.clock.advance(patienceMs - 1)
    expect(world.ipam.answer(node())).toBe('later')
    await world.clock.advance(1)
    expect(world.ipam.answer(node())).toBe('yes')
    expect(world).toMatchObject({ chances: 1, warnings: 1 })
    await world.end()
  })

  test('once a source of pools has answered', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const pools = {
      name: 'file pools.yaml',
      async follow(see: (text: string | undefined) => void): Promise<void> {
        see(await promise)
      },
    }
    const world = make({ pools })
    world.ipam.tablesRead(empty, nobody)
    expect(world.ipam.answer(node())).toBe('later')
    resolve('pools: [{cidr: 10.9.0.0/16, nodePrefixLength: 24}]')
    await new Promise((done) => setImmediate(done))
    expect(world.ipam.answer(node())).toBe('yes')
    expect(world.next()).toBe('10.9.0.0/24')
    await world.end()
  })

  test('not while a Node is uninitialized and its labels matter', async () => {
    const selective = make({}, { matchLabels: { size: 'small' } })
    const plain = make()
    for (const { ipam } of [selective, plain]) ipam.tablesRead(empty, nobody)
    expect(selective.ipam.answer(uninitialized)).toBe('later')
    expect(selective.ipam.answer(node())).toBe('yes')
    expect(plain.ipam.answer(uninitialized)).toBe('yes')
    await Promise.all([selective.end(), plain.end()])
  })
})

test('nothing of the VPC, of Services, or where a route leads that podway did not make', async () => {
  const world = make({ serviceRanges: [parseCidr('10.0.2.0/25')] })
  const routes = [
    route('10.0.0.0/24', 'local'),
    route('0.0.0.0/0'),
    route('10.0.1.0/24'),
    route('10.0.3.0/28', 'propagated'),
    route('10.0.4.0/24'),
  ]
  const isOurs = (_table: string, cidr: Parameters<typeof formatCidr>[0]): boolean =>
    formatCidr(cidr) === '10.0.4.0/24'
  world.ipam.tablesRead({ tables: [{ id: 't', routes }], complete: true }, isOurs)
  expect(world.next()).toBe('10.0.4.0/24')
  expect(world.ipam.allocator.statistics()).toMatchObject([{ used: 1, reserved: 4, free: 3 }])
  await world.end()
})
