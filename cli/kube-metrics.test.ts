import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import type { KubeClient, KubeRequest } from '../kube/client.ts'
import { KubeError } from '../kube/errors.ts'
import type { WatchEvent } from '../kube/objects.ts'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import { KubeMetrics } from './kube-metrics.ts'

function make(
  answer: () => Promise<unknown> = () => Promise.resolve({}),
  events: () => AsyncIterable<unknown> = none,
) {
  const registry = new Registry()
  const clock = new ManualClock()
  const client: KubeClient = {
    request: <T>() => answer() as Promise<T>,
    watch: () => events() as AsyncIterable<WatchEvent<unknown>>,
    close: () => Promise.resolve(),
  }
  const lines = async (): Promise<readonly string[]> =>
    (await registry.getSingleMetricAsString('podway_kube_requests_total'))
      .split('\n')
      .filter((line) => !line.startsWith('#'))
  return { clock, registry, lines, client: new KubeMetrics(registry, clock).around(client) }
}

async function* none(): AsyncGenerator {
  // Nothing happens, and the server ends it.
}

async function* broken(): AsyncGenerator {
  yield await Promise.resolve({ type: 'ADDED' })
  throw new KubeError('cut', { status: 0, reason: 'Unreachable' })
}

test.each<[method: KubeRequest['method'], path: string, verb: string, resource: string]>([
  ['GET', '/api/v1/nodes', 'list', 'nodes'],
  ['GET', '/api/v1/nodes/node-1', 'get', 'nodes'],
  ['PATCH', '/api/v1/nodes/node-1/status', 'patch', 'nodes/status'],
  ['POST', '/apis/podway.dev/v1alpha1/noderoutes', 'create', 'noderoutes'],
  ['PATCH', '/apis/podway.dev/v1alpha1/noderoutes/v4-10-0-0-0-24/status', 'patch', 'noderoutes/status'],
  ['DELETE', '/apis/podway.dev/v1alpha1/noderoutes/v4-10-0-0-0-24', 'delete', 'noderoutes'],
  ['PUT', '/apis/coordination.k8s.io/v1/namespaces/podway-system/leases/x', 'update', 'leases'],
  ['POST', '/apis/events.k8s.io/v1/namespaces/default/events', 'create', 'events'],
  ['GET', '/api/v1/namespaces/default', 'get', 'namespaces'],
  ['GET', '/api/v1/namespaces', 'list', 'namespaces'],
  ['GET', '/version', 'list', 'other'],
])('%s %s', async (method, path, verb, resource) => {
  const { client, lines } = make()
  await client.request({ method, path })
  expect(await lines()).toEqual([
    `podway_kube_requests_total{verb="${verb}",resource="${resource}",result="ok"} 1`,
  ])
})

describe('what fails', () => {
  test.each<[status: number, result: string]>([
    [409, '409'],
    [0, 'no_answer'],
  ])('status %d', async (status, result) => {
    const error = new KubeError('no', { status, reason: 'Test' })
    const { client, lines } = make(() => Promise.reject(error))
    await expect(client.request({ method: 'GET', path: '/api/v1/nodes' })).rejects.toBe(error)
    expect(await lines()).toEqual([
      `podway_kube_requests_total{verb="list",resource="nodes",result="${result}"} 1`,
    ])
  })

  test('an abort of our own is none of the server’s', async () => {
    const { client, lines } = make(() => Promise.reject(new Error('stopped')))
    await expect(client.request({ method: 'GET', path: '/api/v1/nodes' })).rejects.toThrow('stopped')
    expect(await lines()).toEqual([])
  })
})

test('how long it took', async () => {
  const reply = Promise.withResolvers<unknown>()
  const { client, clock, registry } = make(() => reply.promise)
  const asked = client.request({ method: 'GET', path: '/api/v1/nodes' })
  await clock.advance(1_500)
  reply.resolve({})
  await asked
  expect(await registry.metrics()).toContain(
    'podway_kube_request_seconds_sum{verb="list",resource="nodes"} 1.5',
  )
})

test('a watch counts when it ends, well or not', async () => {
  const signal = new AbortController().signal
  const well = make(undefined, none)
  for await (const _event of well.client.watch('/api/v1/nodes', {}, signal)) expect.unreachable()
  expect(await well.lines()).toEqual([
    'podway_kube_requests_total{verb="watch",resource="nodes",result="ok"} 1',
  ])
  const ill = make(undefined, broken)
  const seen: unknown[] = []
  await expect(
    (async () => {
      for await (const event of ill.client.watch('/api/v1/nodes', {}, signal)) seen.push(event)
    })(),
  ).rejects.toThrow('cut')
  expect(seen).toHaveLength(1)
  expect(await ill.lines()).toEqual([
    'podway_kube_requests_total{verb="watch",resource="nodes",result="no_answer"} 1',
  ])
})
