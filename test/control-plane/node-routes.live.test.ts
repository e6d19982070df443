import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { silentLogger } from '../../kube/log.ts'
import { Resource } from '../../kube/resource.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { LedgerRecord, TableState } from '../../reconciler/ledger/record.ts'
import { type NodeRoute, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../../reconciler/node-route/node-route-store.ts'
import { clientOf, deploy } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'
import { printedTable } from './printed-table.ts'

const never = new AbortController().signal
const since = '2026-01-01T00:00:00Z'

const record = (destination: string, changes: Partial<LedgerRecord> = {}): LedgerRecord => ({
  destination: parseCidr(destination),
  node: { name: 'node-1', uid: 'u-1' },
  target: { kind: 'eni', id: 'eni-1' },
  previousTargets: [],
  tables: ['rtb-1', 'rtb-2'],
  states: new Map(),
  ...changes,
})

const programmed: TableState = {
  state: 'Programmed',
  reason: 'RouteCreated',
  message: '',
  since,
  written: true,
}

await describeControlPlane('NodeRoutes, as the controller may use them', (cluster) => {
  let client: KubeClient
  let objects: Resource<NodeRoute>
  let store: NodeRouteStore

  beforeAll(async () => {
    await deploy(cluster().admin)
    client = clientOf(cluster().controller)
    objects = new Resource<NodeRoute>(client, nodeRouteType)
    store = new NodeRouteStore(objects, silentLogger)
  })
  afterAll(() => client.close())

  describe('the ledger', () => {
    test.each(['10.244.1.0/24', 'fd00:10:244:1::/64', 'fd00::/64'])(
      'keeps what is intended and settled: %s',
      async (destination) => {
        const { destination: cidr } = record(destination)
        await store.intend(record(destination), never)
        const states = new Map([
          ['rtb-1', programmed],
          ['rtb-2', { ...programmed, state: 'Failed', reason: 'Throttled', message: 'later' } as const],
        ])
        await store.settle(cidr, states, never)
        const fresh = new NodeRouteStore(objects, silentLogger)
        const find = async () =>
          (await fresh.load(never)).find((one) => one.destination.network === cidr.network)
        expect(await find()).toEqual(record(destination, { states }))

        const moved = {
          target: { kind: 'eni', id: 'eni-2' },
          previousTargets: [{ kind: 'eni', id: 'eni-1' }],
          tables: ['rtb-1'],
        } as const
        await fresh.intend(record(destination, moved), never)
        expect(await find()).toEqual(record(destination, { ...moved, states }))
        await fresh.intend(record(destination, { target: moved.target }), never)
        expect(await find()).toEqual(record(destination, { target: moved.target, states }))

        await fresh.forget(cidr, never)
        await fresh.forget(cidr, never)
        expect(await find()).toBeUndefined()
      },
    )

    test('outlives a delete by hand until it is forgotten', async () => {
      await store.intend(record('10.244.2.0/24'), never)
      await objects.delete('v4-10-244-2-0-24')
      const held = await objects.get('v4-10-244-2-0-24')
      expect(held.metadata.deletionTimestamp).toBeDefined()
      expect(held.metadata.finalizers).toEqual(['podway.dev/route'])
      await store.forget(parseCidr('10.244.2.0/24'), never)
      await expect(objects.get('v4-10-244-2-0-24')).rejects.toMatchObject({ status: 404 })
    })

    test('is made anew where a delete by hand took what is still wanted', async () => {
      await store.intend(record('10.244.3.0/24'), never)
      const { metadata } = await objects.get('v4-10-244-3-0-24')
      await objects.delete('v4-10-244-3-0-24')
      await store.intend(record('10.244.3.0/24'), never)
      const anew = await objects.get('v4-10-244-3-0-24')
      expect(anew.metadata.uid).not.toBe(metadata.uid)
      expect(anew.metadata.deletionTimestamp).toBeUndefined()
    })

    test('is shown to a second writer that has not read it, and taken over when it insists', async () => {
      await store.intend(record('10.244.4.0/24'), never)
      const second = new NodeRouteStore(objects, silentLogger)
      const wanted = record('10.244.4.0/24', { target: { kind: 'eni', id: 'eni-9' } })
      await expect(second.intend(wanted, never)).rejects.toMatchObject({
        seen: { record: record('10.244.4.0/24'), deleting: false },
      })
      await second.intend(wanted, never)
      expect((await objects.get('v4-10-244-4-0-24')).spec.target.id).toBe('eni-9')
    })

    test('that somebody else has changed meanwhile is not overwritten unseen; a label is no change', async () => {
      const name = 'v4-10-244-6-0-24'
      await store.intend(record('10.244.6.0/24'), never)
      await objects.patch(name, { metadata: { labels: { a: 'b' } } }, { type: 'merge' })
      await store.intend(record('10.244.6.0/24', { tables: ['rtb-1'] }), never)
      await objects.patch(name, { spec: { tables: ['rtb-1', 'rtb-7'] } }, { type: 'merge' })
      const wanted = record('10.244.6.0/24', { target: { kind: 'eni', id: 'eni-9' }, tables: ['rtb-1'] })
      await expect(store.intend(wanted, never)).rejects.toMatchObject({
        seen: { record: { tables: ['rtb-1', 'rtb-7'] } },
      })
      expect((await objects.get(name)).spec).toMatchObject({
        target: { id: 'eni-1' },
        tables: ['rtb-1', 'rtb-7'],
      })
      await store.forget(wanted.destination, never)
    })
  })

  describe('the definition', () => {
    const draft = (name: string, spec: unknown) => ({
      apiVersion: 'podway.dev/v1alpha1',
      kind: 'NodeRoute',
      metadata: { name },
      spec: spec as NodeRoute['spec'],
    })
    const good = {
      destination: '10.244.5.0/24',
      node: { name: 'n', uid: 'u' },
      target: { kind: 'eni', id: 'e' },
      tables: [],
    }

    test.each([
      ['nothing in it', {}, 'spec.destination: Required value'],
      ['no target', { ...good, target: undefined }, 'spec.target: Required value'],
      ['half a node', { ...good, node: { name: 'n' } }, 'spec.node.uid: Required value'],
      ['text for tables', { ...good, tables: 'rtb-1' }, 'spec.tables: Invalid value: "string"'],
      ['a destination too long', { ...good, destination: 'x'.repeat(50) }, 'spec.destination: Too long'],
    ])('refuses %s', async (_what, spec, message) => {
      const refused = objects.create(draft('garbage', spec))
      await expect(refused).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining(message) as unknown,
      })
    })

    test('keeps spec and status apart', async () => {
      await objects.create({
        ...draft('apart', good),
        status: { tables: [{ id: 'x', ...programmed }] },
      } as never)
      expect((await objects.get('apart')).status).toBeUndefined()
      const status = { tables: [{ id: 'rtb-1', ...programmed }] }
      const patch = { status, spec: { destination: '10.9.0.0/24' } }
      const settled = await objects.patch('apart', patch, { type: 'merge', subresource: 'status' })
      expect(settled.status).toEqual(status)
      expect(settled.spec.destination).toBe('10.244.5.0/24')
      const edited = await objects.patch(
        'apart',
        { spec: { tables: ['rtb-1'] }, status: null },
        { type: 'merge' },
      )
      expect(edited.status).toEqual(status)
    })

    test.each([
      [
        'an unknown state',
        [{ id: 'rtb-1', ...programmed, state: 'Perfect' }],
        'Unsupported value: "Perfect"',
      ],
      ['no time', [{ id: 'rtb-1', ...programmed, since: 'yesterday' }], 'must be of type date-time'],
      [
        'a table twice',
        [
          { id: 'rtb-1', ...programmed },
          { id: 'rtb-1', ...programmed },
        ],
        'Duplicate value',
      ],
    ])('refuses a status with %s', async (_what, tables, message) => {
      const refused = objects.patch('apart', { status: { tables } }, { type: 'merge', subresource: 'status' })
      await expect(refused).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining(message) as unknown,
      })
    })

    test('prints what kubectl get shows', async () => {
      const table = await printedTable(cluster(), 'podway.dev/v1alpha1/noderoutes/apart')
      expect(table.columns).toEqual([
        'Name 0',
        'Destination 0',
        'Node 0',
        'Target 0',
        'Tables 0',
        'State 0',
        'Reason 1',
        'Age 0',
      ])
      expect(table.rows.map((cells) => cells.slice(0, -1))).toEqual([
        ['apart', '10.244.5.0/24', 'n', 'e', 'rtb-1', 'Programmed', 'RouteCreated'],
      ])
    })
  })
})
