import { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, test } from 'vitest'
import { createKubeClient } from '../../kube/client.ts'
import type { LogFields } from '../../kube/log.ts'
import { silentLogger } from '../../kube/log.ts'
import { Resource } from '../../kube/resource.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import type { TableState } from '../ledger/record.ts'
import { Cluster } from '../testing/cluster.ts'
import { destination, instance, record } from '../testing/values.ts'
import { type NodeRoute, nodeRouteType, routeFinalizer } from './node-route.ts'
import { MissingDefinitionError, NodeRouteStore } from './node-route-store.ts'

/** The store before a simulated API server, by the real client; the schema of `deploy/crds/noderoutes.yaml` is in force. */

const never = new AbortController().signal
const name = 'v4-10-244-3-0-24'
const programmed: TableState = {
  state: 'Programmed',
  reason: 'Programmed',
  message: '',
  since: '2026-01-01T00:00:00Z',
  written: true,
}

async function open(options: { readonly defined?: boolean } = {}) {
  const cluster = await Cluster.start(new ManualClock(), options)
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: cluster.url, skipTLSVerify: true }, { name: 'u' })
  const client = createKubeClient(config, { userAgent: 'podway/test', env: {} })
  const errors: string[] = []
  const log = { ...silentLogger, error: (_fields: LogFields, message: string) => void errors.push(message) }
  return {
    cluster,
    errors,
    /** A store that knows nothing yet, as after a start. */
    makeStore: () => new NodeRouteStore(new Resource<NodeRoute>(client, nodeRouteType), log),
    async [Symbol.asyncDispose](): Promise<void> {
      await client.close()
      await cluster.close()
    },
  }
}

describe('an intent', () => {
  test('creates the object, with our finalizer, and nothing is pruned from it', async () => {
    await using world = await open()
    await world
      .makeStore()
      .intend(record({ previousTargets: [instance('node-0')], tables: ['a', 'b'] }), never)
    expect(world.cluster.record(name)).toMatchObject({
      apiVersion: 'podway.dev/v1alpha1',
      kind: 'NodeRoute',
      metadata: { name, finalizers: [routeFinalizer] },
      spec: {
        destination: '10.244.3.0/24',
        node: { name: 'node-1', uid: 'uid-1' },
        target: { kind: 'instance', id: 'node-1' },
        previousTargets: [{ kind: 'instance', id: 'node-0' }],
        tables: ['a', 'b'],
      },
    })
  })

  test('again patches it, by one request, and takes away what is no more', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record({ previousTargets: [instance('node-0')], tables: ['a', 'b'] }), never)
    world.cluster.forgetCalls()
    await store.intend(record({ target: instance('node-2'), tables: ['b'] }), never)
    expect(world.cluster.writes).toEqual([`PATCH noderoutes/${name}`])
    expect(world.cluster.record(name)?.spec).toEqual({
      destination: '10.244.3.0/24',
      node: { name: 'node-1', uid: 'uid-1' },
      target: { kind: 'instance', id: 'node-2' },
      tables: ['b'],
    })
  })

  test('leaves the status alone', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    await store.settle(destination, new Map([['table-1', programmed]]), never)
    await store.intend(record({ target: instance('node-2') }), never)
    expect(world.cluster.record(name)?.status?.tables).toEqual([{ id: 'table-1', ...programmed }])
  })

  test('of an object that is there, and was not known: what it says is told, and nothing overwritten unseen', async () => {
    await using world = await open()
    await world.makeStore().intend(record(), never)
    const store = world.makeStore()
    const intended = store.intend(record({ target: instance('node-2') }), never)
    await expect(intended).rejects.toMatchObject({ seen: { record: record(), deleting: false } })
    expect(world.cluster.record(name)?.spec.target.id).toBe('node-1')
    await store.intend(record({ target: instance('node-2') }), never)
    expect(world.cluster.record(name)?.spec.target.id).toBe('node-2')
  })

  test('of an object that was thought to be there', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    world.cluster.patchRecord(name, { metadata: { finalizers: [] } })
    world.cluster.deleteRecord(name)
    await store.intend(record({ target: instance('node-2') }), never)
    expect(world.cluster.record(name)?.spec.target.id).toBe('node-2')
  })

  test.each([true, false])('of an object deleted by hand: it comes back (known: %s)', async (known) => {
    await using world = await open()
    const first = world.makeStore()
    await first.intend(record(), never)
    const { uid } = world.cluster.record(name)?.metadata ?? {}
    world.cluster.deleteRecord(name)
    expect(world.cluster.record(name)?.metadata.deletionTimestamp).toBeDefined()
    const store = known ? first : world.makeStore()
    await store.intend(record({ target: instance('node-2') }), never)
    const { metadata, spec } = world.cluster.record(name) ?? {}
    expect(metadata?.deletionTimestamp).toBeUndefined()
    expect(metadata?.finalizers).toEqual([routeFinalizer])
    expect(metadata?.uid).not.toBe(uid)
    expect(spec?.target.id).toBe('node-2')
  })

  test('that can’t be kept, since somebody else holds the deleted object: it fails, and works when that one lets go', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    world.cluster.patchRecord(name, { metadata: { finalizers: [routeFinalizer, 'example.org/other'] } })
    world.cluster.deleteRecord(name)
    await expect(store.intend(record({ target: instance('node-2') }), never)).rejects.toThrow(
      'is being deleted',
    )
    expect(world.cluster.record(name)?.metadata.finalizers).toEqual(['example.org/other'])
    world.cluster.patchRecord(name, { metadata: { finalizers: [] } })
    await store.intend(record({ target: instance('node-2') }), never)
    expect(world.cluster.record(name)?.spec.target.id).toBe('node-2')
  })

  test('whose answer was lost is repeated without harm', async () => {
    await using world = await open()
    const store = world.makeStore()
    world.cluster.simulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'reset-after-handling' } })
    await expect(store.intend(record(), never)).rejects.toMatchObject({ status: 0 })
    await store.intend(record(), never)
    expect(world.cluster.records()).toHaveLength(1)
  })
})

describe('settling', () => {
  test.each(['Pending', 'Programmed', 'Satisfied', 'Disputed', 'Failed', 'Deleting'] as const)(
    '%s is a state that the schema takes',
    async (state) => {
      await using world = await open()
      const store = world.makeStore()
      await store.intend(record(), never)
      const written = { ...programmed, state, message: 'a sentence' }
      await store.settle(destination, new Map([['table-1', written]]), never)
      expect(world.cluster.record(name)?.status?.tables).toEqual([{ id: 'table-1', ...written }])
    },
  )

  test('replaces all tables', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    await store.settle(
      destination,
      new Map([
        ['a', programmed],
        ['b', programmed],
      ]),
      never,
    )
    await store.settle(destination, new Map([['b', programmed]]), never)
    expect(world.cluster.record(name)?.status?.tables?.map(({ id }) => id)).toEqual(['b'])
  })

  test('of what is gone is nothing', async () => {
    await using world = await open()
    await world.makeStore().settle(destination, new Map([['a', programmed]]), never)
    expect(world.cluster.records()).toEqual([])
  })
})

describe('forgetting', () => {
  test('removes finalizer and object; again, it is nothing', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    await store.forget(destination, never)
    expect(world.cluster.records()).toEqual([])
    await store.forget(destination, never)
  })

  test('of an object deleted by hand lets it go', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    world.cluster.deleteRecord(name)
    await store.forget(destination, never)
    expect(world.cluster.records()).toEqual([])
  })

  test('leaves other finalizers', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    world.cluster.patchRecord(name, { metadata: { finalizers: ['example.org/other', routeFinalizer] } })
    await store.forget(destination, never)
    expect(world.cluster.record(name)?.metadata.finalizers).toEqual(['example.org/other'])
  })
})

describe('loading', () => {
  test('what was written', async () => {
    await using world = await open()
    const store = world.makeStore()
    const states = new Map([['table-1', programmed]])
    await store.intend(record({ previousTargets: [instance('node-0')] }), never)
    await store.settle(destination, states, never)
    expect(await world.makeStore().load(never)).toEqual([
      record({ previousTargets: [instance('node-0')], states }),
    ])
  })

  test('of several pages', async () => {
    await using world = await open()
    const pool = parseCidr('10.0.0.0/8')
    const wanted = Array.from({ length: 1_001 }, (_, i) => formatCidr(nthSubnet(pool, 24, BigInt(i))))
    for (const text of wanted) world.cluster.addRecord(text, { name: 'n', uid: 'u' }, 'n')
    const records = await world.makeStore().load(never)
    expect(records.map((one) => formatCidr(one.destination)).sort()).toEqual([...wanted].sort())
    expect(world.cluster.calls).toHaveLength(3)
  })

  test('an object that can’t be read is told, and keeps nobody from the others', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    world.cluster.addRecord('10.9.0.0/24', { name: 'n', uid: 'u' }, 'n')
    world.cluster.patchRecord('v4-10-9-0-0-24', { spec: { destination: 'garbage' } })
    expect(await world.makeStore().load(never)).toEqual([record()])
    expect(world.errors).toEqual(['NodeRoute is unreadable and is ignored'])
  })

  test('where NodeRoutes are not defined says what to do', async () => {
    await using world = await open({ defined: false })
    await expect(world.makeStore().load(never)).rejects.toThrow(MissingDefinitionError)
  })

  test('another failure stays what it is', async () => {
    await using world = await open()
    world.cluster.simulator.faults.add({ match: { verb: 'list' }, fault: { kind: 'status', code: 403 } })
    await expect(world.makeStore().load(never)).rejects.toMatchObject({ status: 403 })
  })
})

describe('the schema of deploy/crds/noderoutes.yaml refuses', () => {
  test.each(['node', 'target', 'tables', 'destination'])('a record without %s', async (field) => {
    await using world = await open()
    await world.makeStore().intend(record(), never)
    expect(() => world.cluster.patchRecord(name, { spec: { [field]: null } })).toThrow('422')
  })

  test('a state that nobody knows', async () => {
    await using world = await open()
    const store = world.makeStore()
    await store.intend(record(), never)
    const state = 'Fine' as TableState['state']
    const settled = store.settle(destination, new Map([['a', { ...programmed, state }]]), never)
    await expect(settled).rejects.toMatchObject({ status: 422 })
  })
})
