import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { type Json, listAt, objectAt } from '../../test/simulators/kubernetes/json.ts'
import { ProviderError } from '../errors.ts'
import type { Change, Outcome } from '../provider.ts'
import type { Target } from '../route.ts'
import { VirtualArm, tableId } from './testing/virtual-arm.ts'

const signal = new AbortController().signal
const table = { id: tableId }
const address = (id: string): Target => ({ kind: 'address', id })
const create = (text: string, id: string): Change => ({
  op: 'create',
  destination: parseCidr(text),
  target: address(id),
})
const done = { result: 'done' } as const
const byHand = (name: string, addressPrefix: string, nextHopIpAddress = '10.0.9.9') => ({
  name,
  properties: { addressPrefix, nextHopType: 'VirtualAppliance', nextHopIpAddress },
})

function apply(world: VirtualArm, ...changes: readonly Change[]): Promise<readonly Outcome[]> {
  return world.until(world.providerWith().apply(table, { changes }, signal))
}

const puts = (world: VirtualArm) =>
  world.simulator.calls.filter(({ method, token }) => method === 'PUT' && token === 'PODWAY')
const classes = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.map((outcome) => (outcome.result === 'failed' ? outcome.error.class : outcome.result))

describe('one write for many changes', () => {
  test('400 routes of nodes that join at once', async () => {
    const world = new VirtualArm()
    const changes = Array.from({ length: 400 }, (_, i) =>
      create(`10.${244 + Math.floor(i / 256)}.${i % 256}.0/24`, `10.0.1.${4 + (i % 200)}`),
    )
    expect(await apply(world, ...changes)).toEqual(changes.map(() => done))
    expect(puts(world)).toHaveLength(1)
    expect(world.routes()).toHaveLength(400)
  })

  // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/657
  test('a CIDR that moves between nodes is swapped in one write, and keeps its route', async () => {
    const world = new VirtualArm()
    await apply(world, create('10.244.3.0/24', '10.0.1.4'), create('10.244.4.0/24', '10.0.1.5'))
    const [a, b] = [parseCidr('10.244.3.0/24'), parseCidr('10.244.4.0/24')]
    const outcomes = await apply(
      world,
      { op: 'replace', destination: a, from: address('10.0.1.4'), target: address('10.0.1.5') },
      { op: 'replace', destination: b, from: address('10.0.1.5'), target: address('10.0.1.4') },
    )
    expect(outcomes).toEqual([done, done])
    expect(puts(world)).toHaveLength(2)
    expect(world.routes()).toEqual([
      'podway.10.244.3.0_24 10.244.3.0/24 10.0.1.5',
      'podway.10.244.4.0_24 10.244.4.0/24 10.0.1.4',
    ])
  })

  // https://github.com/kubernetes-sigs/cloud-provider-azure/pull/8427
  test('delete by name prefix: node-1 removes node-10. Here a delete takes one route, by its whole name', async () => {
    const world = new VirtualArm()
    world.put(tableId, {
      location: 'westeurope',
      properties: {
        routes: [
          byHand('node-1', '10.244.1.0/24', '10.0.1.4'),
          byHand('node-10', '10.244.10.0/24', '10.0.1.5'),
          byHand('node-11', '10.244.11.0/24', '10.0.1.6'),
        ],
      },
    })
    await apply(world, { op: 'delete', destination: parseCidr('10.244.1.0/24'), from: address('10.0.1.4') })
    expect(world.routes().map((line) => line.split(' ')[0])).toEqual(['node-10', 'node-11'])
  })
})

describe('what a table has besides', () => {
  const theirs = {
    location: 'westeurope',
    tags: { team: 'net', empty: '' },
    zones: ['1'],
    properties: {
      disableBgpRoutePropagation: true,
      disablePeeringRoute: 'All',
      noveltyOf2031: { deep: [1, { deeper: null }] },
      routes: [
        { ...byHand('firewall', '0.0.0.0/0'), noveltyOfRoutes: true },
        { name: 'tag', properties: { addressPrefix: 'Storage.WestEurope', nextHopType: 'Internet' } },
        byHand('overlaps', '10.244.0.0/16'),
        byHand('inside', '10.244.3.128/25'),
      ],
    },
  }

  // https://github.com/kubernetes-sigs/cloud-provider-azure/blob/master/pkg/provider/azure_routes.go: all that overlaps the cluster's range is "managed"
  test('every UDR of the table is managed: here those of others survive, with what nobody knows of them', async () => {
    const world = new VirtualArm()
    world.put(tableId, theirs)
    const before = world.table()
    await apply(world, create('10.244.3.0/24', '10.0.1.4'))
    await apply(world, { op: 'delete', destination: parseCidr('10.244.3.0/24'), from: address('10.0.1.4') })
    expect(withoutRevisions(world.table())).toEqual(withoutRevisions(before))
    expect(objectAt(world.table(), 'properties')).toMatchObject({
      noveltyOf2031: { deep: [1, { deeper: null }] },
    })
  })

  test('their order and every byte of them goes back as it came', async () => {
    const world = new VirtualArm()
    world.put(tableId, theirs)
    const read = world.table()
    await apply(world, create('10.244.3.0/24', '10.0.1.4'))
    const sent = JSON.parse(puts(world)[0]?.body ?? '') as Json
    const routes = listAt(sent, 'properties', 'routes')
    expect(JSON.stringify(routes.slice(0, -1))).toBe(JSON.stringify(listAt(read, 'properties', 'routes')))
    expect(JSON.stringify({ ...objectAt(sent), properties: 0 })).toBe(
      JSON.stringify({ ...objectAt(read), properties: 0 }),
    )
  })

  test('a name that somebody else has taken', async () => {
    const world = new VirtualArm()
    world.put(tableId, {
      location: 'westeurope',
      properties: { routes: [byHand('PODWAY.10.244.3.0_24', '10.9.0.0/16')] },
    })
    expect(await apply(world, create('10.244.3.0/24', '10.0.1.4'))).toEqual([done])
    expect(world.routes()[1]).toBe('podway.10.244.3.0_24_2 10.244.3.0/24 10.0.1.4')
  })
})

describe('revisions', () => {
  // The SDK sends no If-Match by itself.
  test('every write says for which revision it is', async () => {
    const world = new VirtualArm()
    await apply(world, create('10.244.3.0/24', '10.0.1.4'))
    await apply(world, create('10.244.4.0/24', '10.0.1.4'))
    for (const { ifMatch } of puts(world)) expect(ifMatch).toMatch(/^W\/"[-0-9a-f]+"$/)
    expect(new Set(puts(world).map(({ ifMatch }) => ifMatch)).size).toBe(2)
  })

  // https://github.com/kubernetes/kubernetes/issues/75582, https://github.com/kubernetes/kubernetes/pull/77490,
  // https://github.com/kubernetes-sigs/cluster-api-provider-azure/issues/682
  test('412 repeats for two minutes: here one, then it is done, and the edit of others survives', async () => {
    const world = new VirtualArm()
    const change = create('10.244.3.0/24', '10.0.1.4')
    const provider = world.providerWith({
      arm: {
        async send(request, abort) {
          if (request.method === 'PUT' && puts(world).length === 0)
            world.put(tableId, {
              location: 'westeurope',
              tags: { edited: 'by hand' },
              properties: { routes: [byHand('mine', '10.7.0.0/16')] },
            })
          return world.api.send(request, abort)
        },
      },
    })
    const first = await world.until(provider.apply(table, { changes: [change] }, signal))
    expect(classes(first)).toEqual(['changed'])
    expect(world.routes()).toEqual(['mine 10.7.0.0/16 10.0.9.9'])
    expect(await world.until(provider.apply(table, { changes: [change] }, signal))).toEqual([done])
    expect(puts(world).map(({ status }) => status)).toEqual([412, 200])
    expect(world.table()).toMatchObject({ tags: { edited: 'by hand' } })
    expect(world.routes()[0]).toBe('mine 10.7.0.0/16 10.0.9.9')
  })

  test('an edit before our reading, elsewhere in the table, is no reason to plan anew', async () => {
    const world = new VirtualArm()
    world.put(tableId, { location: 'westeurope', properties: { routes: [byHand('mine', '10.7.0.0/16')] } })
    expect(await apply(world, create('10.244.3.0/24', '10.0.1.4'))).toEqual([done])
  })
})

describe('what goes on behind a write', () => {
  test('is waited for, once for all', async () => {
    const world = new VirtualArm({ operationMs: () => 3_000 })
    const start = world.clock.monotonic()
    await apply(world, create('10.244.3.0/24', '10.0.1.4'), create('10.244.4.0/24', '10.0.1.4'))
    expect(world.clock.monotonic() - start).toBeGreaterThan(3_000)
    expect(world.clock.monotonic() - start).toBeLessThan(5_500)
    expect(
      world.simulator.calls.filter(({ operation }) => operation === 'Network_GetOperation').length,
    ).toBeLessThan(6)
  })

  // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/11003
  test.each(['Failed', 'Canceled'] as const)(
    'a failed PUT is reported as success: here %s is told to every waiter',
    async (status) => {
      const world = new VirtualArm({ operationMs: () => 1_000 })
      world.simulator.faults.inject({
        operation: 'RouteTables_CreateOrUpdate',
        fault: { kind: 'operation-ends', status, code: 'InternalServerError', message: 'An error occurred.' },
      })
      const changes = [create('10.244.3.0/24', '10.0.1.4'), create('10.244.4.0/24', '10.0.1.5')]
      const outcomes = await apply(world, ...changes)
      expect(outcomes).toMatchObject(
        // The table has them: whoever disowned them now would leave them behind.
        changes.map(() => ({
          result: 'failed',
          error: { class: 'unknown-outcome', code: 'InternalServerError' },
        })),
      )
      // The table shows them all the same: they are not taken for routes, and the next write mends it.
      expect(world.routes()).toHaveLength(2)
      const provider = world.providerWith()
      expect(await world.until(provider.list(table, signal))).toEqual({ routes: [], isUnfinished: true })
      expect(await apply(world, ...changes)).toEqual([done, done])
      expect((await world.until(provider.list(table, signal))).routes).toHaveLength(2)
    },
  )

  describe('that fails for one bad route among many', () => {
    const changes = Array.from({ length: 8 }, (_, i) => create(`10.244.${i}.0/24`, `10.0.1.${4 + i}`))
    const spoil = (world: VirtualArm): void =>
      void world.simulator.faults.inject({
        operation: 'RouteTables_CreateOrUpdate',
        times: 1_000,
        when: ({ body }) => body.includes('10.244.5.0/24'),
        fault: {
          kind: 'operation-ends',
          status: 'Failed',
          code: 'InvalidNextHop',
          message: 'The next hop of 10.244.5.0/24 is invalid.',
        },
      })

    test('the caller divides them: all others are made, though the table still shows the bad one', async () => {
      const world = new VirtualArm({ operationMs: () => 500 })
      spoil(world)
      const provider = world.providerWith()
      const halves = async (some: readonly Change[]): Promise<readonly Outcome[]> => {
        try {
          return await provider.apply(table, { changes: some }, signal)
        } catch (error) {
          expect(error).toMatchObject({ class: 'invalid', code: 'InvalidNextHop' })
          const middle = Math.ceil(some.length / 2)
          return [...(await halves(some.slice(0, middle))), ...(await halves(some.slice(middle)))]
        }
      }
      // The table has it, so it stays podway's.
      expect(classes(await world.until(halves(changes)))).toEqual(
        changes.map((_, i) => (i === 5 ? 'unknown-outcome' : 'done')),
      )
      expect((await world.until(provider.list(table, signal))).routes).toHaveLength(7)
      // It stands in nobody's way, and is mended by its own turn.
      expect(
        classes(
          await world.until(
            provider.apply(table, { changes: [create('10.244.9.0/24', '10.0.1.4')] }, signal),
          ),
        ),
      ).toEqual(['done'])
      world.simulator.faults.clear()
      const again = create('10.244.5.0/24', '10.0.1.9')
      expect(classes(await world.until(provider.apply(table, { changes: [again] }, signal)))).toEqual([
        'done',
      ])
      expect((await world.until(provider.list(table, signal))).routes).toHaveLength(9)
    })

    test('a failed route of somebody else is brought along as it is', async () => {
      const world = new VirtualArm()
      world.simulator.faults.inject({
        operation: 'RouteTables_CreateOrUpdate',
        fault: { kind: 'operation-ends', status: 'Failed', code: 'InvalidNextHop', message: 'x' },
      })
      world.put(tableId, { location: 'westeurope', properties: { routes: [byHand('mine', '10.7.0.0/16')] } })
      expect(classes(await apply(world, create('10.244.3.0/24', '10.0.1.4')))).toEqual(['done'])
      expect(world.routes()[0]).toBe('mine 10.7.0.0/16 10.0.9.9')
    })

    test('a route that was mended counts as any other', async () => {
      const world = new VirtualArm()
      const provider = world.providerWith()
      const one = create('10.244.3.0/24', '10.0.1.4')
      const fail = (code: string): void =>
        void world.simulator.faults.inject({
          operation: 'RouteTables_CreateOrUpdate',
          fault: { kind: 'operation-ends', status: 'Failed', code, message: 'x' },
        })
      fail('InvalidNextHop')
      await world.until(provider.apply(table, { changes: [one] }, signal))
      await world.until(provider.apply(table, { changes: [one] }, signal))
      fail('InternalServerError')
      const move: Change = { ...one, op: 'replace', from: address('10.0.1.4'), target: address('10.0.1.5') }
      await world.until(provider.apply(table, { changes: [move] }, signal))
      await world.until(provider.apply(table, { changes: [create('10.244.9.0/24', '10.0.1.4')] }, signal))
      expect(world.routes()[0]).toBe('podway.10.244.3.0_24 10.244.3.0/24 10.0.1.5')
    })
  })

  test('of a leader that died: the next one waits for it first, to read and to write', async () => {
    const world = new VirtualArm({ operationMs: () => 5_000 })
    const dead = new AbortController()
    const write = world
      .providerWith()
      .apply(table, { changes: [create('10.244.3.0/24', '10.0.1.4')] }, dead.signal)
    const died = expect(write).rejects.toThrow('killed')
    await world.until(
      Promise.race([write.catch(() => undefined), until(() => puts(world).length === 1, world)]),
    )
    dead.abort(new Error('killed'))
    await world.until(died)
    const next = world.providerWith()
    const { routes } = await world.until(next.list(table, signal))
    expect(routes).toHaveLength(1)
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(5_000)
    expect(
      await world.until(next.apply(table, { changes: [create('10.244.4.0/24', '10.0.1.4')] }, signal)),
    ).toEqual([done])
    // https://github.com/kubernetes/kubernetes/issues/88151
    expect(puts(world).map(({ status }) => status)).toEqual([200, 200])
  })

  test('a table that stays in the works for a minute is a passing fault', async () => {
    const world = new VirtualArm({ operationMs: () => 600_000 })
    world.put(tableId, { location: 'westeurope' })
    expect(classes(await apply(world, create('10.244.3.0/24', '10.0.1.4')))).toEqual(['transient'])
    expect(puts(world)).toHaveLength(0)
  })

  test('an operation that never ends has an unknown outcome', async () => {
    const world = new VirtualArm({ operationMs: () => 3_600_000 })
    expect(classes(await apply(world, create('10.244.3.0/24', '10.0.1.4')))).toEqual(['unknown-outcome'])
  })

  test.each([
    ['a status that is throttled for a while', 429, 'TooManyRequests', ['done']],
    ['a status that fails for a while', 500, 'InternalServerError', ['done']],
    ['a status that nobody may see', 403, 'AuthorizationFailed', ['unknown-outcome']],
  ])('%s', async (_what, status, code, expected) => {
    const world = new VirtualArm({ operationMs: () => 1_000 })
    world.simulator.faults.inject({
      operation: 'Network_GetOperation',
      times: 2,
      fault: { kind: 'error', status, code },
    })
    expect(classes(await apply(world, create('10.244.3.0/24', '10.0.1.4')))).toEqual(expected)
  })
})

describe('refusals', () => {
  const refuse = (world: VirtualArm, status: number, code: string, times = 1): void =>
    void world.simulator.faults.inject({
      operation: 'RouteTables_CreateOrUpdate',
      times,
      fault: { kind: 'error', status, code },
    })
  const pair = [create('10.244.3.0/24', '10.0.1.4'), create('10.244.4.0/24', '10.0.1.5')]

  test('one that is about what the changes say, of several: it is not known which, and the caller divides them', async () => {
    const world = new VirtualArm()
    refuse(world, 400, 'InvalidSomething')
    const work = apply(world, ...pair)
    await expect(work).rejects.toBeInstanceOf(ProviderError)
    await expect(work).rejects.toMatchObject({ class: 'invalid' })
    refuse(world, 400, 'InvalidSomething')
    expect(classes(await apply(world, create('10.244.3.0/24', '10.0.1.4')))).toEqual(['invalid'])
  })

  test('any other is the outcome of each that would have been written, and of no other', async () => {
    const world = new VirtualArm()
    await apply(world, create('10.244.5.0/24', '10.0.1.4'))
    refuse(world, 429, 'TooManyRequests')
    expect(classes(await apply(world, ...pair, create('10.244.5.0/24', '10.0.1.4')))).toEqual([
      'throttled',
      'throttled',
      'done',
    ])
  })

  // https://github.com/MicrosoftDocs/azure-docs/issues/53246, https://github.com/MicrosoftDocs/azure-docs/pull/128356
  test('table ceilings surprise: here the limit is a setting, and what is over it is quota, without a call', async () => {
    const world = new VirtualArm({ routesPerTable: 3 })
    const provider = world.providerWith({ routesPerTable: 3 })
    const changes = [1, 2, 3, 4].map((i) => create(`10.244.${i}.0/24`, '10.0.1.4'))
    const outcomes = await world.until(provider.apply(table, { changes }, signal))
    expect(classes(outcomes)).toEqual(['done', 'done', 'done', 'quota'])
    expect(puts(world)).toHaveLength(1)
    // What goes makes room for what comes, in the same write.
    const swap: Change[] = [
      create('10.244.4.0/24', '10.0.1.4'),
      { op: 'delete', destination: parseCidr('10.244.1.0/24'), from: address('10.0.1.4') },
    ]
    expect(classes(await world.until(provider.apply(table, { changes: swap }, signal)))).toEqual([
      'done',
      'done',
    ])
    expect(
      await world.until(provider.list(table, signal)).then((snapshot) => provider.quota?.(table, snapshot)),
    ).toEqual({
      families: [
        { family: 4, used: 3, limit: 3 },
        { family: 6, used: 0, limit: 0 },
      ],
    })
  })

  test.each([
    ['an interface', { kind: 'eni', id: 'eni-1' }],
    ['an address of the other family', { kind: 'address', id: 'fd00::1' }],
    ['no address', { kind: 'address', id: '10.0.1' }],
  ] as const)('%s as target is invalid, and spoils no other', async (_what, target) => {
    const world = new VirtualArm()
    const bad: Change = { op: 'create', destination: parseCidr('10.244.3.0/24'), target }
    expect(classes(await apply(world, bad, create('10.244.4.0/24', '10.0.1.5')))).toEqual(['invalid', 'done'])
  })

  // @azure/arm-network retries by itself, three times.
  test('one 429 is one call, and its Retry-After is passed on', async () => {
    const world = new VirtualArm()
    world.simulator.faults.inject({
      operation: 'RouteTables_CreateOrUpdate',
      fault: {
        kind: 'error',
        status: 429,
        code: 'TooManyRequests',
        options: { headers: { 'retry-after': '17' } },
      },
    })
    const outcomes = await apply(world, create('10.244.3.0/24', '10.0.1.4'))
    expect(outcomes).toMatchObject([{ error: { class: 'throttled', retryAfterMs: 17_000 } }])
    expect(puts(world)).toHaveLength(1)
  })
})

function withoutRevisions(value: Json): Json {
  return JSON.parse(
    JSON.stringify(value, (name, inner: unknown) => (name === 'etag' ? undefined : inner)),
  ) as Json
}

/** Resolves when it is so, while the clock goes on. */
async function until(isSo: () => boolean, world: VirtualArm): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => void world.clock.setTimeout(resolve, 10))
}
