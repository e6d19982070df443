import { beforeEach, describe, expect, test } from 'vitest'
import type { KubeClient, KubeRequest, Query } from './client.ts'
import type { KubeObject, Node, WatchEvent } from './objects.ts'
import { Resource } from './resource.ts'

/** Writes down what is asked, and answers what it is told to. */
class Recorder implements KubeClient {
  readonly requests: KubeRequest[] = []
  readonly watches: { path: string; query: Query }[] = []
  answer: unknown = {}

  request<T>(request: KubeRequest): Promise<T> {
    this.requests.push(request)
    return Promise.resolve(this.answer as T)
  }

  watch(path: string, query: Query): AsyncIterable<WatchEvent<unknown>> {
    this.watches.push({ path, query })
    return (async function* () {
      await Promise.resolve()
      yield { type: 'BOOKMARK', object: { metadata: { resourceVersion: '1' } } } as const
    })()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

const metadata = { name: 'a b', uid: '1', resourceVersion: '5' }
const node: Node = { metadata, spec: {} }
let client: Recorder
let nodes: Resource<Node>
let leases: Resource<KubeObject>
let routes: Resource<KubeObject>
beforeEach(() => {
  client = new Recorder()
  nodes = new Resource(client, { group: '', version: 'v1', plural: 'nodes', namespaced: false })
  leases = new Resource(client, {
    group: 'coordination.k8s.io',
    version: 'v1',
    plural: 'leases',
    namespaced: true,
  })
  routes = new Resource(client, {
    group: 'podway.dev',
    version: 'v1alpha1',
    plural: 'noderoutes',
    namespaced: false,
  })
})

describe('each call is one request', () => {
  const merge = 'application/merge-patch+json'
  const cases: readonly (readonly [string, () => Promise<unknown>, Partial<KubeRequest>])[] = [
    ['list', () => nodes.list(), { method: 'GET', path: '/api/v1/nodes' }],
    ['get', () => nodes.get('a b'), { method: 'GET', path: '/api/v1/nodes/a%20b' }],
    ['create', () => nodes.create(node), { method: 'POST', path: '/api/v1/nodes', body: node }],
    ['update', () => nodes.update(node), { method: 'PUT', path: '/api/v1/nodes/a%20b', body: node }],
    [
      'replaceStatus',
      () => nodes.replaceStatus(node),
      { method: 'PUT', path: '/api/v1/nodes/a%20b/status', body: node },
    ],
    [
      'merge patch',
      () => nodes.patch('a', { x: 1 }, { type: 'merge' }),
      { method: 'PATCH', path: '/api/v1/nodes/a', body: { x: 1 }, contentType: merge },
    ],
    [
      'json patch',
      () => nodes.patch('a', [], { type: 'json' }),
      { method: 'PATCH', contentType: 'application/json-patch+json' },
    ],
    [
      'strategic patch of the status',
      () => nodes.patch('a', {}, { type: 'strategic', subresource: 'status' }),
      { path: '/api/v1/nodes/a/status', contentType: 'application/strategic-merge-patch+json' },
    ],
    [
      'delete of one very object',
      () => nodes.delete('a', { uid: '1' }),
      {
        method: 'DELETE',
        path: '/api/v1/nodes/a',
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: '1' } },
      },
    ],
    [
      'get in a namespace',
      () => leases.get('l', { namespace: 'kube-system' }),
      { path: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l' },
    ],
    [
      'create in the namespace of the object',
      () => leases.create({ metadata: { name: 'l', namespace: 'ns' } }),
      { path: '/apis/coordination.k8s.io/v1/namespaces/ns/leases' },
    ],
    ['list of all namespaces', () => leases.list(), { path: '/apis/coordination.k8s.io/v1/leases' }],
    ['custom resource', () => routes.get('v4-x'), { path: '/apis/podway.dev/v1alpha1/noderoutes/v4-x' }],
  ]
  test.each(cases)('%s', async (_, call, expected) => {
    await call()
    expect(client.requests).toMatchObject([expected])
  })

  test('a delete without preconditions has no body', async () => {
    await nodes.delete('a')
    expect(client.requests[0]).not.toHaveProperty('body')
  })

  test('signal and time limit are passed on', async () => {
    const { signal } = new AbortController()
    await nodes.get('a', { signal, timeoutMs: 7 })
    expect(client.requests[0]).toMatchObject({ signal, timeoutMs: 7 })
  })
})

describe('a page', () => {
  test('has items, version and token', async () => {
    client.answer = { metadata: { resourceVersion: '9', continue: 'more' }, items: [node] }
    expect(await nodes.list({ limit: 1, continue: 'from here' })).toEqual({
      items: [node],
      resourceVersion: '9',
      continue: 'more',
    })
    expect(client.requests[0]?.query).toEqual({ limit: 1, continue: 'from here' })
  })

  test('that is the last has no token; items may be null', async () => {
    client.answer = { metadata: { resourceVersion: '9', continue: '' }, items: null }
    expect(await nodes.list()).toEqual({ items: [], resourceVersion: '9' })
  })
})

test.each([
  [true, true],
  [false, undefined],
])('a watch, bookmarks %s', async (bookmarks, allowWatchBookmarks) => {
  const { signal } = new AbortController()
  const events: unknown[] = []
  for await (const event of nodes.watch({ resourceVersion: '5', timeoutSeconds: 300, bookmarks, signal }))
    events.push(event)
  expect(events.length).toBe(1)
  expect(client.watches).toEqual([
    {
      path: '/api/v1/nodes',
      query: { resourceVersion: '5', timeoutSeconds: 300, allowWatchBookmarks },
    },
  ])
})
