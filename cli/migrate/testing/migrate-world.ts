import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { Cluster, type NodeDraft } from '../../../reconciler/testing/cluster.ts'
import type { MigrationDocument } from '../../documents/migration-document.ts'
import { type Ended, runMain } from '../../testing/run-main.ts'
import type { Predecessor } from '../predecessor.ts'
import { collectionOf, kubectlRequests } from './kubectl.ts'
import type { Manifest } from './manifests.ts'

export interface Examined extends Ended, MigrationDocument {
  /** `definitions done`, of each step. */
  readonly states: readonly string[]
  /** Of the findings, without those that all is well. */
  readonly codes: readonly string[]
}

export type MigrateWorld = Awaited<ReturnType<typeof openMigrateWorld>>

/** A cluster without Nodes behind its API; the command is run as a command line, and reaches it by a socket. */
export async function openMigrateWorld(from: Predecessor) {
  const cluster = await Cluster.start(new ManualClock(), { defined: false })
  const folder = await mkdtemp(join(tmpdir(), 'podway-migrate-'))
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, kubeconfigFor(cluster.url))

  const send = (method: string, target: string, body: unknown, type = 'application/json'): void => {
    const headers = { 'content-type': type, 'user-agent': 'test' }
    const text = body === undefined ? '' : JSON.stringify(body)
    const reply = cluster.simulator.handle({ method, target, headers, body: text }, 0)
    if (reply.kind !== 'response' || reply.status >= 300)
      throw new Error(`${method} ${target}: ${JSON.stringify(reply)}`)
  }
  for (const name of ['kube-flannel', 'podway-system', 'shop'])
    send('POST', '/api/v1/namespaces', { metadata: { name } })
  let held = false
  const run = (...more: readonly string[]): Promise<Ended> =>
    runMain(['migrate', '--from', from, '--kubeconfig', kubeconfig, ...more])

  return {
    cluster,
    kubeconfig,
    run,
    apply: (...manifests: readonly Manifest[]): void => {
      for (const manifest of manifests) send('POST', collectionOf(manifest), manifest)
    },
    remove: (...manifests: readonly Manifest[]): void => {
      for (const manifest of manifests)
        send('DELETE', `${collectionOf(manifest)}/${manifest.metadata.name}`, undefined)
    },
    /** As `kubectl patch --type json` or `--type merge` does, by the text of such a command. */
    kubectl: (command: string): void => {
      for (const { body, method, target, type } of kubectlRequests(command)) send(method, target, body, type)
    },
    addNode: (name: string, draft: NodeDraft = {}, metadata: object = {}): void => {
      cluster.addNode(name, draft)
      cluster.patchNode(name, { metadata })
    },
    /** As a controller that leads renews it. */
    holdLease: (renewTime = new Date()): void => {
      const time = renewTime.toISOString().replace('Z', '000Z')
      const spec = { holderIdentity: 'cp-1_1', leaseDurationSeconds: 15, acquireTime: time, renewTime: time }
      const metadata = { name: 'podway-controller', namespace: 'podway-system' }
      const path = '/apis/coordination.k8s.io/v1/namespaces/podway-system/leases'
      if (held) {
        send('PATCH', `${path}/${metadata.name}`, { spec }, 'application/merge-patch+json')
        return
      }
      held = true
      send('POST', path, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
    },
    /** As the controller leaves it when all is written. */
    routeAll: (): void => {
      for (const { metadata, spec } of cluster.nodes())
        for (const cidr of spec.podCIDRs ?? [])
          cluster.addRecord(cidr, { name: metadata.name, uid: metadata.uid }, metadata.name)
      for (const { metadata, status } of cluster.nodes()) {
        const reason = status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')?.reason
        if (reason === undefined)
          cluster.patchNode(metadata.name, { status: { conditions: [routed] } }, '/status')
      }
    },
    /** A pod of the agent's DaemonSet whose node is set up, and what it says of the network. */
    addAgent: (
      node: string,
      reachable: 'True' | 'False' = 'True',
      ready: 'True' | 'False' = 'True',
    ): void => {
      send('POST', '/api/v1/namespaces/podway-system/pods', {
        metadata: { name: `podway-agent-${node}`, labels: { 'app.kubernetes.io/name': 'podway-agent' } },
        spec: { nodeName: node, containers: [] },
        status: { conditions: [{ type: 'Ready', status: ready }] },
      })
      // A status is not taken at a create.
      send(
        'PATCH',
        `/api/v1/namespaces/podway-system/pods/podway-agent-${node}/status`,
        { status: { conditions: [{ type: 'Ready', status: ready }] } },
        'application/merge-patch+json',
      )
      cluster.patchNode(
        node,
        { status: { conditions: [{ type: 'PodNetworkReachable', status: reachable }] } },
        '/status',
      )
    },
    /** To list or get the resource is forbidden from now on. */
    forbid: (resource: string): void =>
      void cluster.simulator.faults.add({
        match: { resource },
        times: Number.POSITIVE_INFINITY,
        fault: { kind: 'status', code: 403, reason: 'Forbidden', message: `may not list ${resource}` },
      }),
    examine: async (...more: readonly string[]): Promise<Examined> => {
      const ended = await run('--output', 'json', ...more)
      if (ended.stdout === '') throw new Error(ended.stderr)
      const document = JSON.parse(ended.stdout) as MigrationDocument
      return {
        ...ended,
        ...document,
        states: document.steps.map(({ name, state }) => `${name} ${state}`),
        codes: document.findings.filter(({ severity }) => severity !== 'ok').map(({ code }) => code),
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await cluster.close()
      await rm(folder, { recursive: true })
    },
  }
}

const routed = {
  type: 'NetworkUnavailable',
  status: 'False',
  reason: 'RouteCreated',
  message: 'RouteController created a route',
}

const kubeconfigFor = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  })
