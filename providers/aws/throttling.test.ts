import { describe, expect, test } from 'vitest'
import { delay } from '../../kube/clock.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import type { Call } from '../../test/simulators/ec2/call-log.ts'
import { wireRequest } from '../../test/simulators/ec2/sdk-fixture.ts'
import { ApiBudget, type ApiLimits } from '../budget.ts'
import type { Change, Outcome, RouteProvider } from '../provider.ts'
import { awsProvider } from './aws-provider.ts'
import { ec2Limits } from './limits.ts'
import { type SmallVpc, VirtualEc2, type VirtualEc2Options, makeSmallVpc } from './testing/virtual-ec2.ts'

/**
 * Upstream runs 200 calls at a time whatever the API allows, and retries what it refuses: 38 % of its calls were refused
 * in a cold start of 400 nodes, which took five times what the buckets allow.
 * https://github.com/kubernetes/kubernetes/issues/11979, https://github.com/kubernetes/kubernetes/issues/26119
 */

const signal = new AbortController().signal
const destination = (index: number): Cidr => parseCidr(`10.${100 + (index >> 8)}.${index & 255}.0/24`)

interface World extends SmallVpc {
  readonly ec2: VirtualEc2
  readonly budget: ApiBudget
  readonly provider: RouteProvider
}

interface WorldOptions extends VirtualEc2Options {
  readonly share?: number
  readonly limits?: ApiLimits
}

async function makeWorld({ share = 0.8, limits = ec2Limits, ...options }: WorldOptions = {}): Promise<World> {
  const ec2 = new VirtualEc2({ routeLimits: { v4: 1_000 }, ...options })
  const vpc = await ec2.until(makeSmallVpc(ec2.api))
  const budget = new ApiBudget({ clock: ec2.clock, limits, share })
  return {
    ...vpc,
    ec2,
    budget,
    provider: awsProvider({ ec2: ec2.api, budget, clock: ec2.clock, clusterName: 'x' }),
  }
}

async function apply({ provider, table }: World, change: Change): Promise<Outcome | undefined> {
  const [outcome] = await provider.apply({ id: table }, { changes: [change] }, signal)
  return outcome
}

const create = (world: World, index: number): Promise<Outcome | undefined> =>
  apply(world, { op: 'create', destination: destination(index), target: world.targets[0] })

/** All at once, and again whatever is refused. Answers how long it took, in milliseconds of the clock. */
async function createAll(world: World, count: number, retryMs = 0): Promise<number> {
  const { clock } = world.ec2
  const start = clock.monotonic()
  const createAtLast = async (index: number): Promise<void> => {
    for (;;) {
      const outcome = await create(world, index)
      if (outcome?.result === 'done') return
      expect(outcome?.error.class).toBe('throttled')
      await delay(clock, retryMs, signal)
    }
  }
  await world.ec2.until(Promise.all(Array.from({ length: count }, (_, index) => createAtLast(index))))
  return clock.monotonic() - start
}

const refused = (calls: readonly Call[]): readonly Call[] =>
  calls.filter(({ code }) => code === 'RequestLimitExceeded')

/** Of podway: a neighbour's requests name no table. */
const ours = ({ ec2 }: World, action = 'CreateRoute'): readonly Call[] =>
  ec2.simulator.calls.filter((call) => call.action === action && 'RouteTableId' in call.parameters)

/** Somebody else in the account who calls CreateRoute at that rate, from now on, whatever becomes of it. */
function moveIn({ ec2: { clock, simulator } }: World, perSecond: number): void {
  const around = jitter()
  const callAgain = (): void => {
    simulator.handle(wireRequest('CreateRoute'), clock.now())
    // 100 ms is the middle of the jitter.
    clock.setTimeout(callAgain, (around() / 100) * (1_000 / perSecond))
  }
  callAgain()
}

/** Between 20 and 180 ms, 100 on average, the same in each run. */
function jitter(): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return 20 + (state % 161)
  }
}

describe('200-way concurrency makes throttle storms', () => {
  test.each<[name: string, share: number, latencyMs: () => number, floorMs: number, refusals: number]>([
    ['podway’s usual share', 0.8, () => 100, 115_000, 0],
    ['podway’s usual share, on a jittery way', 0.8, jitter(), 115_000, 0],
    ['all of the bucket', 1, () => 100, 90_000, 0],
  ])('a cold start of 500 nodes: %s', async (_name, share, latencyMs, floorMs, refusals) => {
    const world = await makeWorld({ share, latencyMs })
    const ms = await createAll(world, 500)
    expect(ms).toBeGreaterThanOrEqual(floorMs)
    expect(ms).toBeLessThan(floorMs * 1.02)
    expect(refused(ours(world))).toHaveLength(refusals)
    expect(ours(world)).toHaveLength(500 + refusals)
  })

  // Nothing of the burst is left for us at the start, and nobody says so.
  test('a cold start of 500 nodes after somebody emptied the bucket', async () => {
    const world = await makeWorld()
    for (let i = 0; i < 50; i++) world.ec2.simulator.handle(wireRequest('CreateRoute'), world.ec2.clock.now())
    const ms = await createAll(world, 500)
    // Its floor is 500/5 = 100 s; the share and half a minute of caution come on top.
    expect(ms).toBeLessThan(160_000)
    // The burst that was under way when the first answer came, and a few later on.
    expect(refused(ours(world)).length).toBeLessThanOrEqual(45)
  })

  // What the cases above are spared: it proves that they could fail.
  test('without a budget', async () => {
    const world = await makeWorld({
      limits: { byAction: {}, others: { burst: 1_000_000, perSecond: 1_000_000 } },
    })
    await createAll(world, 100, 1_000)
    expect(refused(ours(world)).length).toBeGreaterThan(200)
  })
})

describe('the account is shared', () => {
  test('with one who takes half of the refill: we get the other half', async () => {
    const world = await makeWorld()
    moveIn(world, 2.5)
    const ms = await createAll(world, 400)
    // The burst of 50 and 2.5/s: (400 − 50) / 2.5 = 140 s.
    expect(ms).toBeLessThan(175_000)
    const share = refused(ours(world)).length / ours(world).length
    expect(share).toBeLessThan(0.1)
  })

  test('with one who takes all and never backs off: a call now and then, and no storm', async () => {
    const world = await makeWorld()
    moveIn(world, 20)
    await world.ec2.until(delay(world.ec2.clock, 60_000, signal))
    const before = ours(world).length
    void createAll(world, 400)
    await world.ec2.until(delay(world.ec2.clock, 600_000, signal))
    const calls = ours(world).slice(before)
    // The first burst, then a call every three or four seconds.
    expect(calls.length).toBeLessThan(40 + 200)
    expect(calls.length - refused(calls).length).toBeGreaterThan(5)
  })

  test('with one who leaves again: all of our share is back', async () => {
    const world = await makeWorld()
    for (let i = 0; i < 50; i++) world.ec2.simulator.handle(wireRequest('CreateRoute'), world.ec2.clock.now())
    await createAll(world, 20)
    await world.ec2.until(delay(world.ec2.clock, 120_000, signal))
    expect(world.provider.readyInMs?.('create')).toBe(0)
    const before = ours(world).length
    const start = world.ec2.clock.monotonic()
    const more = Array.from({ length: 40 }, (_, index) => create(world, 1_000 + index))
    await world.ec2.until(Promise.all(more))
    expect(world.ec2.clock.monotonic() - start).toBeLessThan(200)
    expect(refused(ours(world).slice(before))).toEqual([])
  })
})

describe('deletes', () => {
  test('100 at once, while creates go on: each has its own bucket', async () => {
    const world = await makeWorld()
    await createAll(world, 100)
    const { clock } = world.ec2
    const start = clock.monotonic()
    const took = async (work: Promise<unknown>): Promise<number> => {
      await work
      return clock.monotonic() - start
    }
    const remove = (index: number): Promise<unknown> =>
      apply(world, { op: 'delete', destination: destination(index), from: world.targets[0] })
    const [deletes, creates] = await world.ec2.until(
      Promise.all([
        took(Promise.all(Array.from({ length: 100 }, (_, index) => remove(index)))),
        took(Promise.all(Array.from({ length: 20 }, (_, index) => create(world, 500 + index)))),
      ]),
    )
    // (100 − 40) / 4 = 15 s, and two calls.
    expect(deletes).toBeGreaterThanOrEqual(15_000)
    expect(deletes).toBeLessThan(15_500)
    // 100 creates went before: 20 / 4 = 5 s.
    expect(creates).toBeLessThan(5_500)
    expect(refused(world.ec2.simulator.calls)).toEqual([])
  })

  // aws_routes.go of cloud-provider-aws deletes by destination, whatever the route leads to by then.
  test.each<['delete' | 'replace']>([['delete'], ['replace']])(
    'the table is read when the turn of a %s has come, not when it was handed over',
    async (op) => {
      const world = await makeWorld()
      await createAll(world, 60)
      const [from, target, stranger] = world.targets
      const change = (index: number): Promise<Outcome | undefined> => {
        const common = { destination: destination(index), from }
        return apply(world, op === 'delete' ? { op, ...common } : { op, ...common, target })
      }
      // The last one's turn comes after (60 − 40) / 4 = 5 s.
      const steal = async (): Promise<void> => {
        await delay(world.ec2.clock, 4_000, signal)
        const DestinationCidrBlock = '10.100.59.0/24'
        await world.ec2.api.replaceRoute({
          RouteTableId: world.table,
          DestinationCidrBlock,
          NetworkInterfaceId: stranger.id,
        })
      }
      const changes = Promise.all(Array.from({ length: 60 }, (_, index) => change(index)))
      const [outcomes] = await world.ec2.until(Promise.all([changes, steal()]))
      expect(outcomes.slice(0, 59)).toEqual(Array(59).fill({ result: 'done' }))
      expect(outcomes[59]).toMatchObject({ result: 'failed', error: { class: 'changed' } })
      const list = world.provider.list({ id: world.table }, signal)
      const { routes } = await world.ec2.until(list)
      expect(routes.filter((route) => route.target.id === stranger.id)).toHaveLength(1)
    },
  )

  test('a turn that is not needed is the next one’s', async () => {
    const world = await makeWorld()
    const gone = Array.from({ length: 100 }, (_, index) =>
      apply(world, { op: 'delete', destination: destination(index), from: world.targets[0] }),
    )
    const start = world.ec2.clock.monotonic()
    expect(await world.ec2.until(Promise.all(gone))).toEqual(Array(100).fill({ result: 'done' }))
    // The reads take it: 80 at once, 16/s from there on.
    expect(world.ec2.clock.monotonic() - start).toBeLessThan(2_000)
    expect(ours(world, 'DeleteRoute')).toEqual([])
  })
})

describe('when a change could be under way', () => {
  test('each kind waits for the actions that it takes', async () => {
    const world = await makeWorld()
    const ready = (): Record<string, number | undefined> =>
      Object.fromEntries(
        (['create', 'replace', 'delete'] as const).map((op) => [op, world.provider.readyInMs?.(op)]),
      )
    expect(ready()).toEqual({ create: 0, replace: 0, delete: 0 })
    const creates = Array.from({ length: 42 }, (_, index) => create(world, index))
    expect(ready()).toEqual({ create: 750, replace: 0, delete: 0 })
    await world.ec2.until(Promise.all(creates))
    const reads = Array.from({ length: 82 }, () =>
      world.budget.run('DescribeRouteTables', signal, () =>
        world.ec2.api.describeRouteTables({ RouteTableIds: [world.table] }),
      ),
    )
    const busy = ready()
    // The third in line at 16/s.
    expect(busy).toMatchObject({ replace: 188, delete: 188 })
    await world.ec2.until(Promise.all(reads))
  })

  test('a change that is handed over is counted at once', async () => {
    const world = await makeWorld()
    const ready: (number | undefined)[] = []
    const removed = Array.from({ length: 42 }, (_, index) => {
      const from = world.targets[0]
      const outcome = apply(world, { op: 'delete', destination: destination(index), from })
      ready.push(world.provider.readyInMs?.('delete'))
      return outcome
    })
    expect(ready.slice(38)).toEqual([0, 250, 500, 750])
    await world.ec2.until(Promise.all(removed))
  })
})
