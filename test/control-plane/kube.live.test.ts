import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { isAlreadyExists, isConflict, isKubeError, isNotFound } from '../../kube/errors.ts'
import { type LogFields, silentLogger } from '../../kube/log.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Draft, KubeObject, Node } from '../../kube/objects.ts'
import { Reflector, type ReflectorOptions } from '../../kube/reflector.ts'
import { Resource, type ResourceType } from '../../kube/resource.ts'
import { clientOf } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'
import { TurningPoint } from './turning-point.ts'

const draft = (name: string): Draft<Node> => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: {},
})

/** How a patch fails that names the uid of another object: a PUT or DELETE would be a Conflict. */
const otherObject = {
  status: 422,
  details: {
    causes: expect.arrayContaining([expect.objectContaining({ field: 'metadata.uid' })]) as unknown,
  },
}

const namespaceType: ResourceType = { group: '', version: 'v1', plural: 'namespaces', namespaced: false }

await describeControlPlane('kube/ and a real API server', (cluster) => {
  let client: KubeClient
  let nodes: Resource<Node>
  beforeAll(() => {
    client = clientOf(cluster().admin)
    nodes = new Resource<Node>(client, nodeType)
  })
  afterAll(() => client.close())

  describe('writes', () => {
    test('podCIDRs are given once, and never to another Node of the name', async () => {
      const created = await nodes.create(draft('ipam'))
      await expect(nodes.create(draft('ipam'))).rejects.toSatisfy(isAlreadyExists)
      const spec = { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00::/64'] }
      const stranger = nodes.patch('ipam', { metadata: { uid: 'another' }, spec }, { type: 'merge' })
      await expect(stranger).rejects.toMatchObject(otherObject)
      const { uid } = created.metadata
      const given = await nodes.patch('ipam', { metadata: { uid }, spec }, { type: 'merge' })
      expect(given.spec).toMatchObject(spec)
      const again = { podCIDR: '10.244.9.0/24', podCIDRs: ['10.244.9.0/24'] }
      await expect(nodes.patch('ipam', { spec: again }, { type: 'merge' })).rejects.toMatchObject({
        status: 422,
        reason: 'Invalid',
      })
      await expect(nodes.update(created)).rejects.toSatisfy(isConflict)
    })

    test('a condition is set beside the kubelet’s, and not on another Node of the name', async () => {
      const { metadata } = await nodes.create(draft('condition'))
      const status = (type: string, value: 'True' | 'False', uid = metadata.uid) =>
        nodes.patch(
          'condition',
          { metadata: { uid }, status: { conditions: [{ type, status: value, reason: 'Because' }] } },
          { type: 'strategic', subresource: 'status' },
        )
      await status('Ready', 'True')
      await status('NetworkUnavailable', 'True')
      await expect(status('NetworkUnavailable', 'False', 'another')).rejects.toMatchObject(otherObject)
      const patched = await status('NetworkUnavailable', 'False')
      const conditions = patched.status?.conditions?.map(({ type, status }) => `${type} ${status}`)
      expect(conditions?.sort()).toEqual(['NetworkUnavailable False', 'Ready True'])
    })

    test('a delete names the object that it means', async () => {
      const { metadata } = await nodes.create(draft('deleted'))
      await expect(nodes.delete('deleted', { uid: 'another' })).rejects.toSatisfy(isConflict)
      await nodes.delete('deleted', { uid: metadata.uid })
      await expect(nodes.get('deleted')).rejects.toSatisfy(isNotFound)
      await expect(nodes.delete('deleted')).rejects.toSatisfy(isNotFound)
    })

    test('somebody without rights is refused', async () => {
      const refused = clientOf(cluster().controller)
      try {
        const reason: unknown = await new Resource<Node>(refused, nodeType).list().catch((e: unknown) => e)
        expect(isKubeError(reason) && reason.status).toBe(403)
      } finally {
        await refused.close()
      }
    })
  })

  test('a list of many pages is one list', async () => {
    for (let i = 0; i < 5; i++) await nodes.create(draft(`page-${i}`))
    await using reflected = follow(nodes, { pageSize: 2 })
    await reflected.reflector.synced
    const whole = await nodes.list()
    expect(reflected.versions()).toEqual(whole.items.map(version).sort())
    expect(reflected.versions().length).toBeGreaterThanOrEqual(5)
  })

  test('a quiet watch that the server ends goes on from its bookmark', async () => {
    const namespaces = new Resource<KubeObject>(client, namespaceType)
    await using reflected = follow(namespaces, { watchSeconds: { min: 3, max: 3 } })
    await reflected.reflector.synced
    await nodes.create(draft('elsewhere'))
    // To answer from its cache, the server finds out how far etcd is by now.
    await namespaces.list()
    await reflected.watched(2)
    const [first, second] = reflected.resumedFrom
    // Nothing happened to a namespace; that the version is a newer one can only come from a bookmark.
    expect(Number(second)).toBeGreaterThan(Number(first))
    expect(reflected.warnings).toEqual([])
  })

  test('after a restart of the API server nothing is missed', async () => {
    await nodes.create(draft('restart-goes'))
    await using reflected = follow(nodes)
    await reflected.reflector.synced
    await cluster().restart()
    await nodes.delete('restart-goes')
    await nodes.create(draft('restart-comes'))
    await reflected.seen('restart-comes')
    expect(reflected.names()).not.toContain('restart-goes')
    expect(reflected.told.slice(-2)).toEqual(['deleted restart-goes', 'added restart-comes'])
  })

  test('after a compaction the list is compared with what was known, deletes first', async () => {
    for (const name of ['old-goes', 'old-returns', 'old-stays']) await nodes.create(draft(name))
    const gate = Promise.withResolvers<undefined>()
    await using reflected = follow(nodes, {}, gate.promise)
    await reflected.reflector.synced
    const before = reflected.told.length
    await nodes.delete('old-goes')
    await nodes.delete('old-returns')
    await nodes.create(draft('old-returns'))
    await nodes.create(draft('a-new-one'))
    await cluster().compact()
    gate.resolve(undefined)
    await reflected.seen('a-new-one')
    expect(reflected.told.slice(before)).toEqual([
      'deleted old-goes',
      'deleted old-returns',
      'added a-new-one',
      'added old-returns',
    ])
    expect(reflected.infos).toContain('version too old for a watch: listing again')
    expect(reflected.versions()).toEqual((await nodes.list()).items.map(version).sort())
  })
})

const version = ({ metadata }: KubeObject): string => `${metadata.name} ${metadata.resourceVersion}`

/** A running reflector that tells what it did. Its first watch waits for the gate. */
function follow<T extends KubeObject>(
  resource: Resource<T>,
  options: Pick<ReflectorOptions<T>, 'pageSize' | 'watchSeconds'> = {},
  gate: Promise<unknown> = Promise.resolve(),
) {
  const resumedFrom: string[] = []
  const told: string[] = []
  const warnings: string[] = []
  const infos: string[] = []
  const changes = new TurningPoint()
  const warn = (_: LogFields, message: string): void => void warnings.push(message)
  const reflector = new Reflector<T>({
    resource: {
      type: resource.type,
      list: (listed, call) => resource.list(listed, call),
      watch: async function* (watch) {
        resumedFrom.push(watch.resourceVersion)
        changes.changed()
        await gate
        yield* resource.watch(watch)
      },
    },
    clock: systemClock,
    random: Math.random,
    backoff: { baseMs: 50, maxMs: 200 },
    log: { ...silentLogger, info: (_, message) => void infos.push(message), warn, error: warn },
    ...options,
  })
  reflector.onChange(({ type, object }) => {
    told.push(`${type} ${object.metadata.name}`)
    changes.changed()
  })
  const stop = new AbortController()
  const running = reflector.run(stop.signal)
  const names = (): readonly string[] => reflector.list().map(({ metadata }) => metadata.name)
  return {
    reflector,
    resumedFrom,
    told,
    warnings,
    infos,
    names,
    versions: () => reflector.list().map(version).sort(),
    watched: (count: number) =>
      changes.until(
        `watch ${count}`,
        () => resumedFrom.length >= count,
        () => resumedFrom,
      ),
    seen: (name: string) =>
      changes.until(
        `${name} is seen`,
        () => names().includes(name),
        () => told,
      ),
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort()
      await running
    },
  }
}
