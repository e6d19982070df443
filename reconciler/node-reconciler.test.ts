import { describe, expect, test } from 'vitest'
import type { KubeClient, KubeRequest } from '../kube/client.ts'
import { KubeError } from '../kube/errors.ts'
import { silentLogger } from '../kube/log.ts'
import { nodeType } from '../kube/node-type.ts'
import type { Node, NodeCondition } from '../kube/objects.ts'
import { Resource } from '../kube/resource.ts'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import { Allocator, nodeOwner } from './ipam/allocator.ts'
import { PodCidrWriter } from './ipam/pod-cidr-writer.ts'
import { Pool } from './ipam/pool.ts'
import { NodeReconciler } from './node-reconciler.ts'
import { Brake, conditionBrake } from './guard/brake.ts'
import { Troubles } from './report/troubles.ts'
import type { RouteVerdict } from './report/verdict.ts'

const never = new AbortController().signal
const now = '2026-01-01T00:00:00Z'

const node = (
  more: {
    readonly uid?: string
    readonly podCIDRs?: readonly string[]
    readonly condition?: NodeCondition
  } = {},
): Node => ({
  metadata: { name: 'node-1', uid: more.uid ?? 'uid-1', resourceVersion: '1' },
  spec: more.podCIDRs === undefined ? {} : { podCIDRs: more.podCIDRs },
  status: { conditions: more.condition === undefined ? [] : [more.condition] },
})

/** A node reconciler whose requests a test answers, and whose cache a test fills. */
const unrouted: RouteVerdict = {
  routed: false,
  reason: 'NoRouteCreated',
  message: 'not yet',
  lost: false,
  troubles: [],
}
const routed: RouteVerdict = {
  routed: true,
  reason: 'RouteCreated',
  message: 'all there',
  lost: false,
  troubles: [],
}

function make() {
  const events = { record: () => undefined }
  const world = {
    shown: node() as Node | undefined,
    verdict: unrouted,
    requests: [] as KubeRequest[],
    answer: (_request: KubeRequest): Promise<unknown> => Promise.resolve(node()),
  }
  const client: KubeClient = {
    request: <T>(request: KubeRequest) => {
      world.requests.push(request)
      // The caller says what it expects, as the real client lets it.
      return world.answer(request) as Promise<T>
    },
    watch: () => {
      throw new Error('nobody watches here')
    },
    close: () => Promise.resolve(),
  }
  const nodes = new Resource<Node>(client, nodeType)
  const allocator = new Allocator([new Pool(parseCidr('10.244.0.0/23'), 24)])
  const reconciler = new NodeReconciler({
    nodes,
    node: () => world.shown,
    verdicts: { of: () => world.verdict },
    reports: { found: () => undefined, forget: () => undefined },
    troubles: new Troubles(events, () => 0),
    events,
    configureRoutes: true,
    policy: 'sync',
    brake: new Brake<string>({ ...conditionBrake, monotonic: () => 0 }),
    nodeCount: () => 1,
    podCidrs: new PodCidrWriter({
      nodes,
      node: () => world.shown,
      ipam: { allocator, answer: () => 'yes' },
      delegated: undefined,
      ledger: { claim: () => Promise.resolve(), get: () => undefined },
      events,
      log: silentLogger,
    }),
    log: silentLogger,
    now: () => now,
  })
  return Object.assign(world, { allocator, reconcile: () => reconciler.reconcile('node-1', never) })
}

const refused = (status: number, reason = 'Invalid'): KubeError =>
  new KubeError('refused', { status, reason })
const isStatus = ({ path }: KubeRequest): boolean => path.endsWith('/status')
const nextFor = (allocator: Allocator, uid: string): readonly string[] => {
  const allocation = allocator.allocate(nodeOwner(uid))
  return allocation.result === 'allocated' ? allocation.cidrs.map(formatCidr) : []
}

describe('what is written', () => {
  test('the condition, then the podCIDRs, each bound to this very Node', async () => {
    const world = make()
    await world.reconcile()
    expect(world.requests.map(({ path, contentType, body }) => ({ path, contentType, body }))).toMatchObject([
      {
        path: '/api/v1/nodes/node-1/status',
        contentType: 'application/strategic-merge-patch+json',
        body: {
          metadata: { uid: 'uid-1' },
          status: { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] },
        },
      },
      {
        path: '/api/v1/nodes/node-1',
        contentType: 'application/merge-patch+json',
        body: { metadata: { uid: 'uid-1' }, spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } },
      },
    ])
  })

  test('once, though the watch does not show it yet', async () => {
    const world = make()
    await world.reconcile()
    await world.reconcile()
    expect(world.requests).toHaveLength(2)
  })

  test('the next condition too, though the watch does not show the last one yet', async () => {
    const world = make()
    await world.reconcile()
    world.verdict = routed
    await world.reconcile()
    await world.reconcile()
    expect(world.requests.filter(isStatus)).toHaveLength(2)
  })

  test('anew for another Node of the name', async () => {
    const world = make()
    await world.reconcile()
    world.shown = node({ uid: 'uid-2' })
    await world.reconcile()
    expect(world.requests).toHaveLength(4)
  })

  test('nothing, for a node that is gone', async () => {
    const world = make()
    world.shown = undefined
    expect(await world.reconcile()).toBeUndefined()
    expect(world.requests).toEqual([])
  })
})

describe('podCIDRs that the API server does not take', () => {
  const failing = (world: ReturnType<typeof make>, error: KubeError): void => {
    world.answer = (request) => (isStatus(request) ? Promise.resolve(node()) : Promise.reject(error))
  }

  test.each([
    [404, 'NotFound'],
    [409, 'Conflict'],
  ])('%i: the Node is gone, or another; its blocks are free', async (status, reason) => {
    const world = make()
    failing(world, refused(status, reason))
    expect(await world.reconcile()).toBeUndefined()
    world.allocator.occupy(parseCidr('10.244.1.0/24'), 'somebody')
    expect(nextFor(world.allocator, 'other')).toEqual(['10.244.0.0/24'])
  })

  // An earlier write, whose answer was lost, may have been done all the same.
  test.each([422, 403, 429, 500, 504, 0])('%i is an error; the blocks stay the Node’s', async (status) => {
    const world = make()
    failing(world, refused(status))
    await expect(world.reconcile()).rejects.toMatchObject({ status })
    world.allocator.occupy(parseCidr('10.244.1.0/24'), 'somebody')
    expect(nextFor(world.allocator, 'other')).toEqual([])
    expect(nextFor(world.allocator, 'uid-1')).toEqual(['10.244.0.0/24'])
  })

  test('somebody else wrote some meanwhile, and the watch was faster than the refusal: those stay taken', async () => {
    const world = make()
    world.answer = (request) => {
      if (isStatus(request)) return Promise.resolve(node())
      world.shown = node({ podCIDRs: ['10.244.1.0/24'] })
      world.allocator.occupy(parseCidr('10.244.1.0/24'), nodeOwner('uid-1'))
      return Promise.reject(refused(422))
    }
    await expect(world.reconcile()).rejects.toMatchObject({ status: 422 })
    expect(nextFor(world.allocator, 'other')).not.toEqual(['10.244.1.0/24'])
  })
})

describe('the condition can’t be written', () => {
  test.each([
    [404, 'NotFound'],
    [409, 'Conflict'],
  ])('%i: there is nothing to say to that Node', async (status, reason) => {
    const world = make()
    world.answer = (request) =>
      isStatus(request) ? Promise.reject(refused(status, reason)) : Promise.resolve(node())
    await expect(world.reconcile()).resolves.toBeUndefined()
  })

  test('500: it is tried again, and no podCIDR is given before', async () => {
    const world = make()
    world.answer = () => Promise.reject(refused(500))
    await expect(world.reconcile()).rejects.toMatchObject({ status: 500 })
    expect(world.requests.every(isStatus)).toBe(true)
  })
})

test('no block is free: looked at again in a while', async () => {
  const world = make()
  world.allocator.occupy(parseCidr('10.244.0.0/23'), 'somebody')
  expect(await world.reconcile()).toEqual({ kind: 'after', ms: 30_000 })
})
