import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { FakeMachine } from '../../agent/testing/fake-machine.ts'
import { runAgentProgram } from '../../cli/agent-program.ts'
import { type AgentStatus, openAgentStatus } from '../../cli/agent-status.ts'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { type KubeEvent, eventType } from '../../kube/event.ts'
import type { LogFields, Logger } from '../../kube/log.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { type PodNetwork, podNetworkType } from '../../reconciler/pod-network/pod-network.ts'
import { agentToken, clientWithToken } from './agent-token.ts'
import { clientOf, create, manifests } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'

await describeControlPlane('the whole agent, with the rights of deploy/manifests', (cluster) => {
  let admin: KubeClient
  let machine: FakeMachine
  let status: AgentStatus
  let running: Promise<void>
  const complaints: string[] = []
  const stop = new AbortController()

  beforeAll(async () => {
    await create(
      cluster().admin,
      manifests.podNetworks,
      manifests.namespace,
      manifests.agentRbac,
      manifests.agentPolicy,
    )
    admin = clientOf(cluster().admin)
    machine = await new FakeMachine().start()
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }]
    const node = { metadata: { name: 'node-1' }, spec: {}, status: { conditions } }
    await admin.request({ method: 'POST', path: '/api/v1/nodes', body: node })
    const ignore = (): void => undefined
    const complain = ({ err }: LogFields, message: string): void =>
      void complaints.push(err instanceof Error ? `${message}: ${err.message}` : message)
    const log: Logger = { debug: ignore, info: ignore, warn: complain, error: complain }
    const tools = { clock: systemClock, random: Math.random, log }
    status = await openAgentStatus({ ...tools, bindAddress: undefined })
    const client = clientWithToken(cluster(), await agentToken(admin, 'node-1'))
    running = runAgentProgram(
      {
        nodeName: 'node-1',
        socket: machine.socket,
        masquerade: [4, 6],
        masqueradeLinkLocal: true,
        randomFully: true,
        nonMasqueradeCidrs: [],
        antiSpoofing: true,
        blockMetadata: false,
        mtu: undefined,
        probePort: 10_279,
        mesh: undefined,
      },
      { ...tools, client, status },
      stop.signal,
    )
  })
  afterAll(async () => {
    stop.abort()
    await running
    await machine[Symbol.asyncDispose]()
    await admin.close()
  })

  const until = (condition: () => void | Promise<void>): Promise<void> =>
    vi.waitFor(condition, { timeout: 60_000, interval: 50 })

  test('a node is set up when it has podCIDRs, and its Node says so', async () => {
    const spec = { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] }
    await new Resource<Node>(admin, nodeType).patch('node-1', { spec }, { type: 'merge' })
    await until(() => expect(machine.settings?.podCidrs).toEqual(spec.podCIDRs))
    const events = new Resource<KubeEvent>(admin, eventType)
    await until(async () => {
      const { items } = await events.list({}, { namespace: 'default' })
      expect(items.map(({ reason, regarding }) => `${reason} ${regarding.name}`)).toContain(
        'NetworkConfigured node-1',
      )
    })
    await until(() => expect(status.health.missing()).toEqual([]))
  })

  test('the PodNetwork is followed', async () => {
    const networks = new Resource<PodNetwork>(admin, podNetworkType)
    await networks.create({
      apiVersion: 'podway.dev/v1alpha1',
      kind: 'PodNetwork',
      metadata: { name: 'default' },
    })
    const families = [{ family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.0.0/16'] }]
    const published = { provider: 'aws', cluster: 'live', families, since: '2026-01-01T00:00:00Z' }
    await networks.patch('default', { status: published }, { type: 'merge', subresource: 'status' })
    await until(() =>
      expect(machine.rules?.masquerade?.exceptions).toEqual([
        '10.0.0.0/16',
        '10.244.0.0/16',
        'fd00:10:244:1::/64',
      ]),
    )
  })

  test('nothing was refused for want of a right', () => {
    expect(complaints.filter((one) => /forbidden|denied|cannot/.test(one))).toEqual([])
  })
})
