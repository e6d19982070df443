import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningServer, serve } from '../http-server.ts'
import type { Fault } from './faults.ts'
import { type JsonObject, textAt } from './json.ts'
import { createKubernetesSimulator, type KubernetesSimulator } from './kubernetes-simulator.ts'
import { ManualTimers } from './manual-timers.ts'
import { WireClient } from './wire-client.ts'

const NODES = '/api/v1/nodes'

describe('the Kubernetes simulator, made to fail', () => {
  let simulator: KubernetesSimulator
  let server: RunningServer
  let client: WireClient

  beforeEach(async () => {
    simulator = createKubernetesSimulator({ timers: new ManualTimers() })
    server = await serve(simulator)
    client = new WireClient(server)
  })
  afterEach(async () => {
    simulator.close()
    await client.close()
    await server.close()
  })

  const node = (name: string): Promise<{ status: number; body: JsonObject }> =>
    client.post(NODES, { metadata: { name } })

  describe('faults', () => {
    it('answers a status with its usual reason and Retry-After, so many times', async () => {
      simulator.faults.add({
        match: { verb: 'create', resource: 'nodes' },
        times: 2,
        fault: { kind: 'status', code: 429, retryAfter: 3 },
      })
      expect((await client.get(NODES)).status).toBe(200)
      for (let i = 0; i < 2; i++) {
        const reply = await client.post(NODES, { metadata: { name: 'a' } })
        expect(reply.status).toBe(429)
        expect(reply.headers.get('retry-after')).toBe('3')
        expect(reply.body).toMatchObject({
          kind: 'Status',
          reason: 'TooManyRequests',
          details: { retryAfterSeconds: 3 },
        })
      }
      expect(simulator.faults.pending).toBe(0)
      expect((await node('a')).status).toBe(201)
    })

    it('leaves the later half out of a list, and finds it by name all the same', async () => {
      for (const name of ['a', 'b', 'c']) await node(name)
      simulator.faults.add({ match: { verb: 'list' }, fault: { kind: 'short-list' } })
      const names = async (): Promise<unknown> =>
        ((await client.get(NODES)).body.items as JsonObject[]).map((one) => textAt(one, 'metadata', 'name'))
      expect(await names()).toEqual(['a'])
      expect((await client.get(`${NODES}/c`)).status).toBe(200)
      expect(await names()).toEqual(['a', 'b', 'c'])
    })

    it('strikes only whom it is meant for', async () => {
      simulator.faults.add({ match: { userAgent: 'podway' }, fault: { kind: 'reset' } })
      expect((await client.get(NODES)).status).toBe(200)
      expect(simulator.faults.pending).toBe(1)
    })

    it('tells of each change as it happens, until nobody listens', async () => {
      const seen: string[] = []
      const stop = simulator.listen(({ collection, key, type }) => {
        if (collection === 'nodes') seen.push(`${type} ${key}`)
      })
      await node('a')
      await client.delete(`${NODES}/a`)
      stop()
      await node('b')
      expect(seen).toEqual(['ADDED a', 'DELETED a'])
    })

    it.each<{ fault: Fault; stored: boolean }>([
      { fault: { kind: 'reset' }, stored: false },
      { fault: { kind: 'reset-after-handling' }, stored: true },
    ])('$fault.kind cuts the connection; stored: $stored', async ({ fault, stored }) => {
      simulator.faults.add({ match: { method: 'POST' }, fault })
      await expect(node('a')).rejects.toThrow()
      expect((await client.get(`${NODES}/a`)).status).toBe(stored ? 200 : 404)
      expect(simulator.calls[0]?.status).toBe('reset')
    })

    it('hang never answers, and holds up nothing else', async () => {
      simulator.faults.add({ match: { path: `${NODES}/a` }, fault: { kind: 'hang' } })
      let answered = false
      const hanging = client.get(`${NODES}/a`).then(
        () => (answered = true),
        () => 'cut',
      )
      expect((await node('b')).status).toBe(201)
      expect(answered).toBe(false)
      await server.close()
      expect(await hanging).toBe('cut')
    })

    it('matches by path, subresource and name, and can be disarmed', async () => {
      await node('a')
      const fault: Fault = { kind: 'status', code: 500 }
      const disarm = simulator.faults.add({
        match: { name: 'a', subresource: 'status' },
        fault,
        times: Infinity,
      })
      simulator.faults.add({ match: { path: /limit=7/ }, fault, times: Infinity })
      expect((await client.get(`${NODES}/a`)).status).toBe(200)
      expect((await client.get(`${NODES}/a/status`)).status).toBe(500)
      expect((await client.get(`${NODES}?limit=7`)).status).toBe(500)
      disarm()
      expect((await client.get(`${NODES}/a/status`)).status).toBe(200)
      simulator.faults.clear()
      expect((await client.get(`${NODES}?limit=7`)).status).toBe(200)
    })

    it('an expired watch is an ERROR event in a successful answer', async () => {
      simulator.faults.add({ match: { verb: 'watch' }, fault: { kind: 'watch-expired' } })
      const watch = await client.watch(`${NODES}?watch=1`)
      expect(await watch.next()).toMatchObject({
        type: 'ERROR',
        object: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 },
      })
      expect(await watch.next()).toBeUndefined()
    })

    it('a silent watch opens and says nothing', async () => {
      await node('a')
      simulator.faults.add({ match: { verb: 'watch' }, fault: { kind: 'watch-silent' } })
      const watch = await client.watch(`${NODES}?watch=1&allowWatchBookmarks=true`)
      await node('b')
      simulator.watches.bookmark()
      simulator.watches.cut('end')
      expect(await watch.next()).toBeUndefined()
    })
  })

  describe('watches in the hand of a test', () => {
    it('cut in order: all that match', async () => {
      const nodes = await client.watch(`${NODES}?watch=1`)
      const leases = await client.watch('/apis/coordination.k8s.io/v1/leases?watch=1')
      expect(simulator.watches.count()).toBe(2)
      simulator.watches.cut('end', { resource: 'nodes' })
      expect(await nodes.next()).toBeUndefined()
      expect(simulator.watches.count()).toBe(1)
      leases.close()
    })

    it('cut by a reset', async () => {
      const watch = await client.watch(`${NODES}?watch=1`)
      simulator.watches.cut('reset')
      await expect(watch.next()).rejects.toThrow('terminated')
    })

    it('expire', async () => {
      const watch = await client.watch(`${NODES}?watch=1`)
      simulator.watches.expire()
      expect((await watch.next())?.type).toBe('ERROR')
      expect(await watch.next()).toBeUndefined()
    })

    it('bookmark: those that asked, with the present revision', async () => {
      const here = `watch=1&resourceVersion=${simulator.resourceVersion}`
      const asked = await client.watch(`${NODES}?${here}&allowWatchBookmarks=true`)
      const other = await client.watch(`${NODES}?watch=1`)
      await client.post('/api/v1/namespaces', { metadata: { name: 'elsewhere' } })
      simulator.watches.bookmark()
      const bookmark = await asked.next()
      expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'Node', apiVersion: 'v1' } })
      expect(textAt(bookmark?.object, 'metadata', 'resourceVersion')).toBe(simulator.resourceVersion)
      simulator.watches.cut('end')
      expect(await other.next()).toBeUndefined()
    })
  })
})
