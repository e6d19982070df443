import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { type KubeEvent, eventType } from '../../kube/event.ts'
import { EventRecorder } from '../../kube/events.ts'
import { runAsLeader } from '../../kube/leader-election.ts'
import { LeadershipLostError } from '../../kube/leader-term.ts'
import { type Lease, leaseType } from '../../kube/lease.ts'
import { type LogFields, silentLogger } from '../../kube/log.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import type { Account } from './accounts.ts'
import { clientOf, create, manifests } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'
import { TurningPoint } from './turning-point.ts'

const namespace = 'podway-system'

await describeControlPlane('Leases and Events, with the rights of deploy/manifests', (cluster) => {
  let admin: KubeClient
  beforeAll(async () => {
    await create(cluster().admin, manifests.namespace, manifests.rbac)
    admin = clientOf(cluster().admin)
  })
  afterAll(() => admin.close())

  describe('leader election', () => {
    const read = (name: string): Promise<Lease> =>
      new Resource<Lease>(admin, leaseType).get(name, { namespace })

    test('one of two leads, renews, and hands over when it stops', async () => {
      await using a = candidate(cluster().controller, 'handover', 'a')
      await a.until('a leads', () => a.leads())
      const first = await read('handover')
      expect(first.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 8, leaseTransitions: 0 })
      expect(first.spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      await using b = candidate(cluster().controller, 'handover', 'b')
      await b.until('b sees a', () => b.leaders.includes('a'))
      await a.until('a renewal', () => a.renewals() >= 2)
      expect(Number((await read('handover')).metadata.resourceVersion)).toBeGreaterThan(
        Number(first.metadata.resourceVersion),
      )
      expect(b.leads()).toBe(false)
      a.stop.abort()
      await a.ended
      await b.until('b leads', () => b.leads())
      expect((await read('handover')).spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
      b.stop.abort()
      await b.ended
      expect((await read('handover')).spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    })

    test('one that dies is followed when its time is over', async () => {
      const leases = new Resource<Lease>(admin, leaseType)
      const now = '2001-01-01T00:00:00.000000Z'
      const spec = { holderIdentity: 'dead', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
      await leases.create({ metadata: { name: 'dead', namespace }, spec })
      await using a = candidate(cluster().controller, 'dead', 'a')
      await a.until('a leads', () => a.leads())
      expect(a.leaders).toEqual(['dead', 'a'])
    })

    test('a Lease that is deleted is made anew; one that another took ends it', async () => {
      const leases = new Resource<Lease>(admin, leaseType)
      await using a = candidate(cluster().controller, 'contested', 'a')
      await a.until('a leads', () => a.leads())
      const { metadata } = await read('contested')
      await leases.delete('contested', undefined, { namespace })
      const renewals = a.renewals()
      await a.until('two more renewals', () => a.renewals() >= renewals + 2)
      expect((await read('contested')).metadata.uid).not.toBe(metadata.uid)
      await leases.patch('contested', { spec: { holderIdentity: 'b' } }, { type: 'merge', namespace })
      await expect(a.ended).rejects.toThrow(LeadershipLostError)
      expect((await read('contested')).spec.holderIdentity).toBe('b')
    })

    test('an API server that restarts within the deadline costs nobody the lead', async () => {
      await using a = candidate(cluster().controller, 'restart', 'a', {
        leaseDurationMs: 60_000,
        renewDeadlineMs: 50_000,
      })
      await a.until('a leads', () => a.leads())
      await cluster().restart()
      const renewals = a.renewals()
      await a.until('a renewal', () => a.renewals() > renewals)
      expect(a.leads()).toBe(true)
    })
  })

  describe('events', () => {
    test('are shown by kubectl describe, with their count', async () => {
      const nodes = new Resource<Node>(admin, nodeType)
      const { metadata } = await nodes.create({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'described' },
        spec: {},
      })
      const client = clientOf(cluster().controller)
      const losses: LogFields[] = []
      const recorder = new EventRecorder({
        events: new Resource<KubeEvent>(client, eventType),
        controller: 'podway.dev/controller',
        instance: 'podway-controller-0',
        clock: systemClock,
        random: Math.random,
        log: { ...silentLogger, warn: (fields) => void losses.push(fields) },
      })
      const draft = {
        regarding: { apiVersion: 'v1', kind: 'Node', name: 'described', uid: metadata.uid },
        related: { apiVersion: 'podway.dev/v1alpha1', kind: 'NodeRoute', name: 'v4-10-244-0-0-24' },
        type: 'Warning',
        reason: 'RouteLimitReached',
        action: 'CreateRoute',
        note: `rtb-1 is full. ${'é'.repeat(1000)}`,
      } as const
      recorder.record(draft)
      const events = new Resource<KubeEvent>(admin, eventType)
      // The first is there before the rest, so that the count comes by a patch.
      await seen(admin, metadata.uid, 1)
      for (let i = 0; i < 4; i++) recorder.record(draft)
      recorder.record({ ...draft, type: 'Normal', reason: 'RouteCreated', note: 'all is well' })
      await recorder.close()
      await client.close()
      expect(losses).toEqual([])
      const described = await search(admin, 'described', metadata.uid)
      const warning = described.find(({ reason }) => reason === 'RouteLimitReached')
      expect(described.map(({ reason }) => reason).sort()).toEqual(['RouteCreated', 'RouteLimitReached'])
      expect(warning).toMatchObject({
        type: 'Warning',
        series: { count: 5 },
        reportingComponent: 'podway.dev/controller',
        reportingInstance: 'podway-controller-0',
      })
      const listed = (await events.list()).items.find(({ reason }) => reason === 'RouteLimitReached')
      expect(listed?.related).toEqual(draft.related)
      expect(Buffer.byteLength(listed?.note ?? '')).toBeLessThanOrEqual(1024)
    })
  })
})

interface CoreEvent {
  readonly reason: string
  readonly type: string
  readonly series?: { readonly count: number }
}

/** What `kubectl describe node` asks for. */
async function search(admin: KubeClient, name: string, uid: string): Promise<readonly CoreEvent[]> {
  const fieldSelector = `involvedObject.name=${name},involvedObject.namespace=,involvedObject.kind=Node,involvedObject.uid=${uid}`
  const path = '/api/v1/events'
  const { items } = await admin.request<{ items: readonly CoreEvent[] }>({
    method: 'GET',
    path,
    query: { fieldSelector },
  })
  return items
}

/** Until so many Events of the object were written. */
async function seen(admin: KubeClient, uid: string, count: number): Promise<void> {
  const query = { fieldSelector: `involvedObject.uid=${uid}`, resourceVersion: '0' }
  let left = count
  for await (const { type } of admin.watch('/api/v1/events', query, AbortSignal.timeout(30_000))) {
    if (type === 'ADDED') left--
    if (left === 0) return
  }
}

/** A process that wants to be leader, and does nothing as one. It asks often, and endures a busy machine. */
function candidate(
  account: Account,
  name: string,
  identity: string,
  times: { readonly leaseDurationMs?: number; readonly renewDeadlineMs?: number } = {},
) {
  const client = clientOf(account)
  const leases = new Resource<Lease>(client, leaseType)
  const stop = new AbortController()
  const changes = new TurningPoint()
  const leaders: string[] = []
  let renewals = 0
  let work: AbortSignal | undefined
  const ended = runAsLeader(
    {
      leaseDurationMs: 8000,
      renewDeadlineMs: 6000,
      retryPeriodMs: 200,
      ...times,
      leases: {
        get: (...args) => leases.get(...args),
        create: (...args) => leases.create(...args),
        update: async (...args) => {
          const lease = await leases.update(...args)
          renewals++
          changes.changed()
          return lease
        },
      },
      namespace,
      name,
      identity,
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
      onLeader: (leader) => {
        leaders.push(leader)
        changes.changed()
      },
    },
    async (signal) => {
      work = signal
      changes.changed()
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
    stop.signal,
  )
  // Whoever waits for it hears of it.
  ended.catch(() => undefined)
  return {
    stop,
    ended,
    leaders,
    leads: () => work?.aborted === false,
    renewals: () => renewals,
    until: (what: string, condition: () => boolean) => changes.until(what, condition, () => leaders),
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort()
      await ended.catch(() => undefined)
      await client.close()
    },
  }
}
