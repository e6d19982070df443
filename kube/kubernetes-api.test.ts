import { fc, test as property } from '@fast-check/vitest'
import { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/simulators/http-server.ts'
import { createKubernetesSimulator } from '../test/simulators/kubernetes/kubernetes-simulator.ts'
import { createKubeClient } from './client.ts'
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts'
import { nodeType } from './node-type.ts'
import type { Draft, Node } from './objects.ts'
import { Reflector } from './reflector.ts'
import { Resource } from './resource.ts'
import { eventually, ManualClock } from './testing/manual-clock.ts'

/** A simulated API server, a client on a manual clock, and a reflector of Nodes with a mirror made of its changes. */
async function makeWorld(pageSize = 500) {
  const simulator = createKubernetesSimulator({ token: 'sesame' })
  const server = await serve(simulator)
  const clock = new ManualClock()
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'c', server: server.url, skipTLSVerify: false },
    { name: 'u', token: 'sesame' },
  )
  const client = createKubeClient(config, { userAgent: 'podway/0', env: {}, clock })
  const nodes = new Resource<Node>(client, nodeType)
  const reflector = new Reflector<Node>({ resource: nodes, clock, random: () => 0.5, pageSize })
  const mirror = new Map<string, Node>()
  const faults: string[] = []
  reflector.onChange((change) => {
    const { name, uid } = change.object.metadata
    const known = mirror.get(name)?.metadata.uid
    if (change.type === 'added' ? known !== undefined : known !== uid)
      faults.push(`${change.type} ${name} ${uid} while ${known ?? 'none'} was known`)
    if (change.type === 'deleted') mirror.delete(name)
    else mirror.set(name, change.object)
  })
  const stop = new AbortController()
  const running = reflector.run(stop.signal)
  return {
    simulator,
    server,
    clock,
    nodes,
    reflector,
    mirror,
    faults,
    watching: () => eventually('a watch', () => simulator.watches.count() === 1),
    async close(): Promise<void> {
      stop.abort()
      await running
      await client.close()
      simulator.close()
      await server.close()
    },
  }
}
type World = Awaited<ReturnType<typeof makeWorld>>

const draft = (name: string, labels: Readonly<Record<string, string>> = {}): Draft<Node> => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: {},
})

/**
 * Lets time pass, second by second, until the mirror holds what the server holds. The limit is real time: on a busy machine
 * the clock's seconds outrun the sockets.
 */
async function converge({ clock, nodes, mirror, reflector }: World): Promise<void> {
  const versions = (all: Iterable<Node>): string[] =>
    [...all].map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`).sort()
  const wanted = versions((await nodes.list()).items)
  const done = (): boolean => reflector.hasSynced() && String(versions(mirror.values())) === String(wanted)
  const deadline = performance.now() + 4000
  while (!done() && performance.now() < deadline) await clock.advance(1000)
  expect(versions(mirror.values())).toEqual(wanted)
  expect(versions(reflector.list())).toEqual(wanted)
}

async function inWorld(work: (world: World) => Promise<void>, pageSize?: number): Promise<void> {
  const world = await makeWorld(pageSize)
  try {
    await work(world)
  } finally {
    await world.close()
  }
}

test('objects are written as asked, and refusals have their names', async () => {
  await inWorld(async ({ nodes }) => {
    const created = await nodes.create(draft('a'))
    expect(created.metadata.uid).not.toBe('')
    await expect(nodes.create(draft('a'))).rejects.toSatisfy(isAlreadyExists)

    const allocated = await nodes.patch(
      'a',
      { spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00::/64'] } },
      { type: 'strategic' },
    )
    expect(allocated.spec.podCIDRs).toEqual(['10.244.0.0/24', 'fd00::/64'])
    await expect(nodes.update(created)).rejects.toSatisfy(isConflict)

    const condition = { type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' } as const
    await nodes.patch(
      'a',
      { status: { conditions: [condition] } },
      { type: 'strategic', subresource: 'status' },
    )
    const read = await nodes.get('a')
    expect(read.status?.conditions).toMatchObject([condition])

    const answered = await nodes.replaceStatus({
      ...read,
      status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
    })
    expect(answered.status?.addresses).toEqual([{ type: 'InternalIP', address: '10.0.0.1' }])
    const labels = [{ op: 'add', path: '/metadata/labels', value: { zone: 'a' } }]
    expect((await nodes.patch('a', labels, { type: 'json' })).metadata.labels).toEqual({ zone: 'a' })
    const unlabelled = await nodes.patch('a', { metadata: { labels: { zone: null } } }, { type: 'merge' })
    expect(unlabelled.metadata.labels ?? {}).toEqual({})

    await expect(nodes.delete('a', { uid: 'another' })).rejects.toSatisfy(isConflict)
    await nodes.delete('a', { uid: created.metadata.uid })
    await expect(nodes.get('a')).rejects.toSatisfy(isNotFound)
    await expect(nodes.delete('a')).rejects.toSatisfy(isNotFound)
  })
})

test('100 calls beside a watch take three connections at most', async () => {
  await inWorld(async ({ nodes, server, watching }) => {
    await watching()
    for (let i = 0; i < 100; i++) await nodes.list({ limit: 1 })
    expect(server.connections()).toBeLessThanOrEqual(3)
  })
})

test('a list of many pages is complete', async () => {
  await inWorld(async (world) => {
    const { simulator, nodes, watching } = world
    await watching()
    simulator.watches.silence()
    for (let i = 0; i < 10; i++) await nodes.create(draft(`node-${i}`))
    simulator.watches.cut('reset')
    simulator.faults.add({ match: { verb: 'watch' }, fault: { kind: 'watch-expired' } })
    simulator.forgetCalls()
    await converge(world)
    expect(simulator.calls.filter(({ query }) => query.limit === '3').length).toBe(4)
  }, 3)
})

describe('the reflector converges after', () => {
  const trouble: readonly (readonly [string, (world: World) => void])[] = [
    ['a reset of the watch', ({ simulator }) => simulator.watches.cut('reset')],
    ['the end of the watch', ({ simulator }) => simulator.watches.cut('end')],
    ['an ERROR event of code 410', ({ simulator }) => simulator.watches.expire()],
    [
      '410 as an HTTP status',
      ({ simulator }) => {
        simulator.faults.add({ match: { verb: 'watch' }, fault: { kind: 'status', code: 410 } })
        simulator.watches.cut('end')
      },
    ],
    [
      '500 to watch and list',
      ({ simulator }) => {
        simulator.faults.add({ match: { verb: 'watch' }, times: 5, fault: { kind: 'status', code: 500 } })
        simulator.faults.add({
          match: { path: /limit=500/ },
          times: 2,
          fault: { kind: 'status', code: 500 },
        })
        simulator.watches.cut('reset')
      },
    ],
    [
      '429 with Retry-After',
      ({ simulator }) => {
        simulator.faults.add({
          match: { verb: 'watch' },
          fault: { kind: 'status', code: 429, retryAfter: 20 },
        })
        simulator.watches.cut('end')
      },
    ],
    ['a silent hang', ({ simulator }) => simulator.watches.silence()],
    [
      'a watch that never answers',
      ({ simulator }) => {
        simulator.faults.add({ match: { verb: 'watch' }, fault: { kind: 'hang' } })
        simulator.watches.cut('reset')
      },
    ],
  ]

  test.each(trouble)('%s, and has missed nothing', async (_, strike) => {
    await inWorld(async (world) => {
      const { nodes, simulator, watching } = world
      await nodes.create(draft('stays'))
      await nodes.create(draft('goes'))
      await nodes.create(draft('returns'))
      await converge(world)
      await watching()
      strike(world)
      await nodes.delete('goes')
      await nodes.delete('returns')
      await nodes.create(draft('returns'))
      await nodes.create(draft('comes'))
      simulator.compact()
      await converge(world)
      expect(simulator.faults.pending).toBe(0)
      expect(world.faults).toEqual([])
    })
  })
})

const names = ['a', 'b', 'c'] as const
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ write: fc.constantFrom(...names) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      strike: fc.constantFrom('reset', 'end', 'expire', 'silence', 'compact', 'bookmark'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ fault: fc.constantFrom('status', 'reset', 'watch-expired', 'watch-silent') }),
  },
  { weight: 1, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 200_000 }) }) },
)

property.prop([fc.array(anyStep, { maxLength: 15 }), fc.integer({ min: 1, max: 4 })], { numRuns: 30 })(
  'whatever happens: nothing is missed, nothing told twice, nothing told out of order',
  async (steps, pageSize) => {
    await inWorld(async (world) => {
      const { clock, nodes, simulator } = world
      for (const step of steps) {
        if ('write' in step) {
          // Deletes what is there, creates what is not: names come back with other uids.
          const there = (await nodes.list()).items.some(({ metadata }) => metadata.name === step.write)
          if (there) await nodes.delete(step.write)
          else await nodes.create(draft(step.write))
        } else if ('strike' in step) {
          strike(world, step.strike)
        } else if ('fault' in step) {
          const fault =
            step.fault === 'status' ? { kind: 'status' as const, code: 503 } : { kind: step.fault }
          simulator.faults.add({
            match: step.fault.startsWith('watch') ? { verb: 'watch' } : { path: /watch=true|limit=/ },
            times: 2,
            fault,
          })
        } else {
          await clock.advance(step.pass)
        }
      }
      await converge(world)
      expect(world.faults).toEqual([])
    }, pageSize)
  },
  60_000,
)

function strike(
  { simulator }: World,
  what: 'reset' | 'end' | 'expire' | 'silence' | 'compact' | 'bookmark',
): void {
  const { watches } = simulator
  switch (what) {
    case 'reset':
    case 'end': {
      watches.cut(what)
      return
    }
    case 'expire': {
      watches.expire()
      return
    }
    case 'silence': {
      watches.silence()
      return
    }
    case 'compact': {
      simulator.compact()
      return
    }
    case 'bookmark': {
      watches.bookmark()
      return
    }
  }
}
