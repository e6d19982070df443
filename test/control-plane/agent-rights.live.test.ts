import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { type KubeEvent, eventType } from '../../kube/event.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node, NodeCondition } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { agentToken, clientWithToken, requestToken } from './agent-token.ts'
import { clientOf, create, manifests } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'

const podNetworks = '/apis/podway.dev/v1alpha1/podnetworks'

await describeControlPlane('the rights of an agent (deploy/manifests)', (cluster) => {
  let admin: KubeClient
  const clients: KubeClient[] = []
  /** The agent of node-1, with the token that its kubelet would give it. */
  let agent: KubeClient
  /** With a token of the same account that is bound to no pod. */
  let unbound: KubeClient

  beforeAll(async () => {
    await create(
      cluster().admin,
      manifests.podNetworks,
      manifests.namespace,
      manifests.agentRbac,
      manifests.agentPolicy,
    )
    admin = clientOf(cluster().admin)
    for (const name of ['node-1', 'node-2']) await join(name)
    agent = await agentOf('node-1')
    unbound = withToken(await requestToken(admin, {}))
    // The storage of a new type is ready a moment after it is defined.
    await vi.waitFor(() => admin.request({ method: 'GET', path: podNetworks }), {
      timeout: 60_000,
      interval: 100,
    })
    // A policy is in force a moment after it is made.
    await vi.waitFor(
      async () => expect((await refusal(setCondition(unbound, 'node-1'))) ?? '').toContain('bound to no pod'),
      { timeout: 60_000, interval: 100 },
    )
  })
  afterAll(async () => {
    for (const client of [...clients, admin]) await client.close()
  })

  /** As a kubelet makes its Node, with conditions and images of its own. */
  async function join(name: string): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }]
    const images = Array.from({ length: 50 }, (_, n) => ({
      names: [`registry.example/image-${n}@sha256:${'0'.repeat(64)}`, `registry.example/image-${n}:1`],
      sizeBytes: 1000 + n,
    }))
    await admin.request({
      method: 'POST',
      path: '/api/v1/nodes',
      body: {
        metadata: { name, labels: { zone: 'a' } },
        spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] },
        status: { conditions, images, addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
      },
    })
  }

  async function agentOf(nodeName: string): Promise<KubeClient> {
    return withToken(await agentToken(admin, nodeName))
  }

  function withToken(token: string): KubeClient {
    const client = clientWithToken(cluster(), token)
    clients.push(client)
    return client
  }

  const condition = (type: string): NodeCondition => ({ type, status: 'True', reason: 'Test', message: '' })
  const setCondition = (client: KubeClient, name: string, type = 'PodNetworkReachable'): Promise<unknown> =>
    patchStatus(client, name, { status: { conditions: [condition(type)] } })
  const patchStatus = (client: KubeClient, name: string, patch: object): Promise<unknown> =>
    new Resource<Node>(client, nodeType).patch(name, patch, { type: 'strategic', subresource: 'status' })
  const conditions = async (name: string): Promise<readonly string[]> =>
    ((await new Resource<Node>(admin, nodeType).get(name)).status?.conditions ?? [])
      .map(({ reason, status, type }) => `${type} ${status} ${String(reason)}`)
      .sort()

  const events = (client: KubeClient): Resource<KubeEvent> => new Resource<KubeEvent>(client, eventType)
  const event = (name: string, fields: object = {}): KubeEvent =>
    ({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'podway.dev/agent',
      reportingInstance: 'node-1',
      regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
      type: 'Normal',
      reason: 'NetworkConfigured',
      action: 'InstallNetwork',
      note: 'x',
      ...fields,
    }) as unknown as KubeEvent

  describe('an agent may', () => {
    test.each(['PodNetworkReachable', 'MeshProgrammed'])('set %s of its own Node', async (type) => {
      await setCondition(agent, 'node-1', type)
      expect(await conditions('node-1')).toContain(`${type} True Test`)
      expect(await conditions('node-1')).toContain('Ready True KubeletReady')
    })

    test('change it, and give its uid with it', async () => {
      const { metadata } = await new Resource<Node>(admin, nodeType).get('node-1')
      const changed = { ...condition('PodNetworkReachable'), status: 'False' }
      await patchStatus(agent, 'node-1', {
        metadata: { uid: metadata.uid },
        status: { conditions: [changed] },
      })
      expect(await conditions('node-1')).toContain('PodNetworkReachable False Test')
    })

    test('read Nodes and the PodNetwork', async () => {
      expect((await new Resource<Node>(agent, nodeType).list()).items).toHaveLength(2)
      await agent.request({
        method: 'GET',
        path: podNetworks,
        query: { fieldSelector: 'metadata.name=default' },
      })
    })

    test('write Events about its own Node, and count them up', async () => {
      await events(agent).create(event('own'))
      const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' }
      await events(agent).patch('own', { series }, { type: 'merge', namespace: 'default' })
    })
  })

  describe('an agent may not', () => {
    const node =
      (patch: object): (() => Promise<unknown>) =>
      () =>
        patchStatus(agent, 'node-1', patch)
    test.each<[what: string, work: () => Promise<unknown>, says: string]>([
      [
        'set a condition of another Node',
        () => setCondition(agent, 'node-2'),
        'an agent writes its own Node only, which is node-1',
      ],
      [
        'say that its kubelet is ready',
        () => setCondition(agent, 'node-1', 'Ready'),
        'no conditions but its own',
      ],
      [
        'say that it is routed',
        () => setCondition(agent, 'node-1', 'NetworkUnavailable'),
        'no conditions but its own',
      ],
      [
        'remove a condition',
        node({ status: { conditions: [{ $patch: 'delete', type: 'Ready' }] } }),
        'no conditions but its own',
      ],
      [
        'change its addresses',
        node({ status: { addresses: [{ type: 'InternalIP', address: '10.9.9.9' }] } }),
        'nothing of a Node but conditions',
      ],
      [
        'claim resources',
        node({ status: { capacity: { cpu: '1000' } } }),
        'nothing of a Node but conditions',
      ],
      ['drop its images', node({ status: { images: null } }), 'nothing of a Node but conditions'],
      [
        'label itself by the status',
        node({ metadata: { labels: { zone: 'b' } } }),
        'nothing of a Node but conditions',
      ],
      ['take its labels off', node({ metadata: { labels: null } }), 'nothing of a Node but conditions'],
      [
        'write an Event about another Node',
        () =>
          events(agent).create(
            event('other', { regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-2' } }),
          ),
        'Events of its own',
      ],
      [
        'write an Event about a Pod',
        () =>
          events(agent).create(
            event('pod', { regarding: { apiVersion: 'v1', kind: 'Pod', name: 'node-1' } }),
          ),
        'Events of its own',
      ],
      [
        'write an Event in another’s name',
        () => events(agent).create(event('name', { reportingController: 'kubelet' })),
        'Events of its own',
      ],
      [
        'write its Node itself',
        () => new Resource<Node>(agent, nodeType).patch('node-1', {}, { type: 'merge' }),
        'cannot patch',
      ],
      ['delete its Node', () => new Resource<Node>(agent, nodeType).delete('node-1'), 'cannot delete'],
      ['read secrets', () => agent.request({ method: 'GET', path: '/api/v1/secrets' }), 'cannot list'],
      ['read pods', () => agent.request({ method: 'GET', path: '/api/v1/pods' }), 'cannot list'],
      ['list all PodNetworks', () => agent.request({ method: 'GET', path: podNetworks }), 'cannot list'],
      [
        'write the PodNetwork',
        () =>
          agent.request({
            method: 'PATCH',
            path: `${podNetworks}/default/status`,
            body: {},
            contentType: 'application/merge-patch+json',
          }),
        'cannot patch',
      ],
    ])('%s', async (_what, work, says) => {
      expect(await refusal(work())).toContain(says)
    })

    test('take over an Event that is not its own', async () => {
      await events(admin).create(
        event('kubelets', { reportingController: 'kubelet', reportingInstance: 'x' }),
      )
      const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' }
      const patch = events(agent).patch('kubelets', { series }, { type: 'merge', namespace: 'default' })
      expect(await refusal(patch)).toContain('Events of its own')
    })
  })

  test('a token that is bound to no pod is no agent’s', async () => {
    expect(await refusal(setCondition(unbound, 'node-1'))).toContain('bound to no pod on a node')
    expect(await refusal(events(unbound).create(event('unbound')))).toContain('bound to no pod on a node')
  })

  test('the agent of another node writes that one', async () => {
    const other = await agentOf('node-2')
    await setCondition(other, 'node-2')
    expect(await refusal(setCondition(other, 'node-1'))).toContain('its own Node only, which is node-2')
  })

  test('others are not held by it', async () => {
    await setCondition(admin, 'node-2', 'NetworkUnavailable')
    expect(await conditions('node-2')).toContain('NetworkUnavailable True Test')
  })
})

/** What the API server said; undefined if it did as asked. */
const refusal = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
