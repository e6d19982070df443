import {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  CoreV1Event,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  V1Lease,
  V1LeaseSpec,
  V1MicroTime,
  V1Node,
  V1ObjectMeta,
  V1ObjectReference,
  Watch,
} from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningServer, serve } from '../http-server.ts'
import { createKubernetesSimulator, type KubernetesSimulator } from './kubernetes-simulator.ts'

/** An instance of one of the client's model classes. */
const make = <T extends object>(model: new () => T, members: Partial<T>): T =>
  Object.assign(new model(), members)

const nodeNamed = (name: string): V1Node => make(V1Node, { metadata: make(V1ObjectMeta, { name }) })

/** The real client, as the controller uses it. */
describe('@kubernetes/client-node against the simulator', () => {
  let simulator: KubernetesSimulator
  let server: RunningServer
  let config: KubeConfig

  beforeEach(async () => {
    simulator = createKubernetesSimulator({ token: 'secret' })
    server = await serve(simulator)
    config = new KubeConfig()
    config.loadFromOptions({
      clusters: [{ name: 'c', server: server.url, skipTLSVerify: true }],
      users: [{ name: 'u', token: 'secret' }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    })
  })
  afterEach(async () => {
    simulator.close()
    await server.close()
  })

  it('creates, patches, lists and deletes nodes', async () => {
    const core = config.makeApiClient(CoreV1Api)
    await core.createNode({ body: nodeNamed('n1') })
    const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch)
    await core.patchNode({ name: 'n1', body: { spec: { podCIDRs: ['10.0.0.0/24'] } } }, strategic)
    const condition = { type: 'NetworkUnavailable', status: 'False', lastTransitionTime: new Date() }
    await core.patchNodeStatus({ name: 'n1', body: { status: { conditions: [condition] } } }, strategic)
    const list = await core.listNode({ limit: 500 })
    expect(list.items).toHaveLength(1)
    expect(list.items[0]?.spec?.podCIDR).toBe('10.0.0.0/24')
    expect(list.items[0]?.status?.conditions?.[0]?.status).toBe('False')
    expect((await core.deleteNode({ name: 'n1' })).status).toBe('Success')
    expect(simulator.calls[0]?.userAgent).toContain('kubernetes-client-javascript')
  })

  it('gets errors as ApiException with a Status in the body', async () => {
    const core = config.makeApiClient(CoreV1Api)
    await core.createNode({ body: nodeNamed('n1') })
    const error: unknown = await core.createNode({ body: nodeNamed('n1') }).catch((e: unknown) => e)
    if (!(error instanceof ApiException)) throw error
    expect(error.code).toBe(409)
    expect(JSON.parse(String(error.body))).toMatchObject({ reason: 'AlreadyExists' })
  })

  it('renews a Lease with a V1MicroTime; a Date is refused', async () => {
    // https://github.com/kubernetes-client/javascript/issues/828
    const coordination = config.makeApiClient(CoordinationV1Api)
    const spec = (): V1LeaseSpec =>
      make(V1LeaseSpec, { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: new V1MicroTime() })
    const created = await coordination.createNamespacedLease({
      namespace: 'default',
      body: make(V1Lease, { metadata: make(V1ObjectMeta, { name: 'leader' }), spec: spec() }),
    })
    expect(created.spec?.renewTime).toBeDefined()
    const patch = coordination.patchNamespacedLease(
      { namespace: 'default', name: 'leader', body: { spec: { renewTime: new Date().toISOString() } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    await expect(patch).rejects.toMatchObject({ code: 422 })
    const before = Number(created.metadata?.resourceVersion)
    const replaced = await coordination.replaceNamespacedLease({
      namespace: 'default',
      name: 'leader',
      body: Object.assign(created, { spec: spec() }),
    })
    expect(Number(replaced.metadata?.resourceVersion)).toBeGreaterThan(before)
  })

  it('writes Events about a Node', async () => {
    const core = config.makeApiClient(CoreV1Api)
    const event = await core.createNamespacedEvent({
      namespace: 'default',
      body: make(CoreV1Event, {
        metadata: make(V1ObjectMeta, { generateName: 'n1.' }),
        involvedObject: make(V1ObjectReference, { kind: 'Node', name: 'n1', uid: 'n1' }),
        reason: 'RouteCreated',
        message: 'm',
        type: 'Normal',
        eventTime: new V1MicroTime(),
        action: 'Sync',
        reportingComponent: 'podway.dev/controller',
        reportingInstance: 'podway-1',
      }),
    })
    expect(event.metadata.name).toMatch(/^n1\..{5}$/)
  })

  it('works with custom resources through CustomObjectsApi', async () => {
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { a: { type: 'integer' } } } },
    }
    const spec = {
      group: 'example.dev',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    }
    const custom = config.makeApiClient(CustomObjectsApi)
    const definitions = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
    const metadata = { name: 'things.example.dev' }
    const kind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }
    await custom.createClusterCustomObject({ ...definitions, body: { ...kind, metadata, spec } })
    const things = { group: 'example.dev', version: 'v1', plural: 'things' }
    await custom.createClusterCustomObject({
      ...things,
      body: { apiVersion: 'example.dev/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { a: 1 } },
    })
    const patched: unknown = await custom.patchClusterCustomObject(
      { ...things, name: 'a', body: { spec: { a: 2 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    expect(patched).toMatchObject({ kind: 'Thing', metadata: { generation: 2 }, spec: { a: 2 } })
  })

  it('watches', async () => {
    const core = config.makeApiClient(CoreV1Api)
    const seen: string[] = []
    const done = Promise.withResolvers<unknown>()
    const deleted = Promise.withResolvers<undefined>()
    const abort = await new Watch(config).watch(
      '/api/v1/nodes',
      { resourceVersion: '0', allowWatchBookmarks: true },
      (phase: string, object: { metadata: { name: string } }) => {
        seen.push(phase === 'BOOKMARK' ? phase : `${phase} ${object.metadata.name}`)
        if (phase === 'DELETED') deleted.resolve(undefined)
      },
      (error: unknown) => done.resolve(error),
    )
    await core.createNode({ body: nodeNamed('n1') })
    await core.deleteNode({ name: 'n1' })
    await deleted.promise
    expect(seen).toEqual(['BOOKMARK', 'ADDED n1', 'DELETED n1'])
    simulator.watches.cut('end')
    expect(await done.promise).toBeNull()
    abort.abort()
    expect(simulator.watches.count()).toBe(0)
  })
})
