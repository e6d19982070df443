import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningServer, serve } from '../http-server.ts'
import { type JsonObject, textAt } from './json.ts'
import {
  createKubernetesSimulator,
  type KubernetesSimulator,
  type KubernetesSimulatorOptions,
} from './kubernetes-simulator.ts'
import { ManualTimers } from './manual-timers.ts'
import { WireClient } from './wire-client.ts'

const NODES = '/api/v1/nodes'

describe('the Kubernetes simulator', () => {
  let simulator: KubernetesSimulator
  let server: RunningServer
  let client: WireClient
  let timers: ManualTimers

  const start = async (options: KubernetesSimulatorOptions = {}): Promise<void> => {
    timers = new ManualTimers()
    simulator = createKubernetesSimulator({ timers, ...options })
    server = await serve(simulator)
    client = new WireClient(server)
  }
  const stop = async (): Promise<void> => {
    simulator.close()
    await client.close()
    await server.close()
  }
  beforeEach(() => start())
  afterEach(stop)

  const node = (name: string): Promise<{ status: number; body: JsonObject }> =>
    client.post(NODES, { metadata: { name } })

  describe('time', () => {
    it('ends a watch at its timeoutSeconds, not before', async () => {
      const watch = await client.watch(`${NODES}?watch=1&timeoutSeconds=300`)
      timers.advance(299_999)
      expect(simulator.watches.count()).toBe(1)
      timers.advance(1)
      expect(await watch.next()).toBeUndefined()
      expect(timers.pending).toBe(0)
    })

    it('sends a bookmark every minute', async () => {
      const watch = await client.watch(`${NODES}?watch=1&resourceVersion=1&allowWatchBookmarks=true`)
      for (let minute = 0; minute < 3; minute++) {
        timers.advance(60_000)
        expect((await watch.next())?.type).toBe('BOOKMARK')
      }
      watch.close()
    })

    it('leaves no timer, no listener and no watch behind', async () => {
      const open = await client.watch(`${NODES}?watch=1&allowWatchBookmarks=true&timeoutSeconds=60`)
      await client.watch(`${NODES}?watch=1&timeoutSeconds=60`)
      simulator.close()
      simulator.close()
      expect((await open.next())?.type).toBe('BOOKMARK')
      expect(await open.next()).toBeUndefined()
      expect([timers.pending, simulator.watches.count()]).toEqual([0, 0])
      const late = await client.watch(`${NODES}?watch=1&timeoutSeconds=60`)
      expect(await late.next()).toBeUndefined()
      expect(timers.pending).toBe(0)
    })

    it('a client that goes away takes its timer with it', async () => {
      const gone = Promise.withResolvers<undefined>()
      await stop()
      const inner = new ManualTimers()
      await start({
        timers: {
          after: (milliseconds, callback) => {
            const cancel = inner.after(milliseconds, callback)
            return () => {
              cancel()
              gone.resolve(undefined)
            }
          },
        },
      })
      const watch = await client.watch(`${NODES}?watch=1&timeoutSeconds=60`)
      watch.close()
      await gone.promise
      expect(inner.pending).toBe(0)
      expect(simulator.watches.count()).toBe(0)
    })
  })

  describe('history', () => {
    it('compacts itself beyond its limit', async () => {
      await stop()
      await start({ historyLimit: 5 })
      const old = textAt((await node('a')).body, 'metadata', 'resourceVersion')
      for (let i = 0; i < 7; i++) await node(`b${i}`)
      const watch = await client.watch(`${NODES}?watch=1&resourceVersion=${old}`)
      expect((await watch.next())?.type).toBe('ERROR')
    })
  })

  it('asks for the token if it has one', async () => {
    await stop()
    await start({ token: 'secret' })
    const refused = await client.get(NODES)
    expect([refused.status, refused.body.message]).toEqual([401, 'Unauthorized'])
    const allowed = new WireClient({ url: server.url, token: 'secret' })
    expect((await allowed.get(NODES)).status).toBe(200)
    await allowed.close()
  })

  it('logs every call', async () => {
    await node('a')
    await client.mergePatch(`${NODES}/a/status?fieldManager=me`, { status: { phase: 'x' } })
    await client.get('/apis/coordination.k8s.io/v1/namespaces/default/leases/l')
    await client.get('/readyz')
    const seen = simulator.calls.map(({ verb, resource, subresource, namespace, name, status }) =>
      [verb, resource, subresource, namespace, name, status].join(' '),
    )
    expect(seen).toEqual([
      'create nodes    201',
      'patch nodes status  a 200',
      'get leases  default l 404',
      '     200',
    ])
    expect(simulator.calls[1]).toMatchObject({
      query: { fieldManager: 'me' },
      contentType: 'application/merge-patch+json',
      body: '{"status":{"phase":"x"}}',
    })
    simulator.forgetCalls()
    expect(simulator.calls).toEqual([])
  })

  it('answers its own failures as a Status, and goes on', async () => {
    const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const schema = { type: 'object', properties: { a: { type: 'string', pattern: '(' } } }
    const spec = {
      group: 'example.dev',
      scope: 'Cluster',
      names: { plural: 'bads', kind: 'Bad' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    }
    await client.post(crd, { metadata: { name: 'bads.example.dev' }, spec })
    const bad = { apiVersion: 'example.dev/v1', kind: 'Bad', metadata: { name: 'a' }, a: 'x' }
    const reply = await client.post('/apis/example.dev/v1/bads', bad)
    expect([reply.status, reply.body.reason]).toEqual([500, 'InternalError'])
    expect((await client.get(NODES)).status).toBe(200)
  })

  it('is deterministic: equal requests at equal times give equal answers', () => {
    const run = (): unknown => {
      const core = createKubernetesSimulator({ timers })
      const body = JSON.stringify({ metadata: { generateName: 'n-' } })
      const request = { method: 'POST', target: NODES, headers: {}, body }
      return [core.handle(request, 1_700_000_000_000), core.handle(request, 1_700_000_001_000)]
    }
    expect(run()).toEqual(run())
  })

  it('deletes the objects of a definition before the definition goes, and serves it no longer', async () => {
    const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const name = 'things.example.dev'
    const spec = {
      group: 'example.dev',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    }
    expect((await client.post(crd, { metadata: { name }, spec })).status).toBe(201)
    const things = '/apis/example.dev/v1/namespaces/default/things'
    const thing = {
      apiVersion: 'example.dev/v1',
      kind: 'Thing',
      metadata: { name: 'a', finalizers: ['x.dev/f'] },
    }
    expect((await client.post(things, thing)).status).toBe(201)
    const watch = await client.watch(`${things}?watch=1`)
    expect(await watch.summary(1)).toEqual(['ADDED a'])
    await client.delete(`${crd}/${name}`)
    expect((await client.get(`${crd}/${name}`)).status).toBe(200)
    await client.mergePatch(`${things}/a`, { metadata: { finalizers: null } })
    expect((await client.get(`${crd}/${name}`)).status).toBe(404)
    expect((await client.get(things)).text).toBe('404 page not found\n')
    expect(await watch.summary(3)).toEqual(['MODIFIED a', 'DELETED a', 'END'])
  })
})
