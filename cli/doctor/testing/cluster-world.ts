import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../kube/testing/manual-clock.ts'
import type { Finding } from '../../../providers/finding.ts'
import { Cluster } from '../../../reconciler/testing/cluster.ts'
import type { CloudConfig } from '../../cloud-config.ts'
import { type Ended, runMain } from '../../testing/run-main.ts'

export const clusterName = 'prod'

export type DoctorFinding = Omit<Finding, 'fix'> & { readonly fix: string | null }

export interface Examined extends Ended {
  readonly findings: readonly DoctorFinding[]
  /** `error SubnetNotServed subnet/subnet-1`, of all but what is well. */
  readonly wrong: readonly string[]
}

/** The pools of the worlds, as flags. */
export const poolFlags = ['--cluster-cidr', '10.244.0.0/16,fd00:10:244::/56'] as const

/** The definition of NodeRoutes is not there: the command must do without. */
export type ClusterWorld = Awaited<ReturnType<typeof openClusterWorld>>

/**
 * A cluster without Nodes, made through its API as anyone would. The command for a cloud is run as a command line, with a
 * kubeconfig, and reaches it by sockets.
 */
export async function openClusterWorld(
  provider: CloudConfig['provider'],
  /** Of every run. */
  flags: readonly string[] = [],
) {
  const cluster = await Cluster.start(new ManualClock(), { defined: false })
  const folder = await mkdtemp(join(tmpdir(), 'podway-doctor-'))
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, kubeconfigFor(cluster.url))

  const request = (method: string, path: string, body: string): void => {
    const headers = { 'content-type': 'application/json', 'user-agent': 'test' }
    const reply = cluster.simulator.handle({ method, target: path, headers, body }, 0)
    if (reply.kind !== 'response' || reply.status >= 300) throw new Error(JSON.stringify(reply))
  }
  const post = (path: string, object: object): void => request('POST', path, JSON.stringify(object))
  /** A static pod, as kubeadm has them. */
  const addSystemPod = (name: string, command: readonly string[], more: object = {}): void =>
    post('/api/v1/namespaces/kube-system/pods', {
      metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'node-a', uid: 'u' }] },
      spec: { containers: [{ name, command, ...more }] },
    })
  const addWorkload = (
    kind: 'daemonsets' | 'deployments',
    name: string,
    container: object = {},
    namespace = 'kube-system',
  ): void =>
    post(`/apis/apps/v1/namespaces/${namespace}/${kind}`, {
      metadata: { name },
      spec: { template: { spec: { containers: [{ name, ...container }] } } },
    })
  const manager = (...more: readonly string[]): void =>
    addSystemPod('kube-controller-manager-node-a', ['kube-controller-manager', ...more])
  const runCommand = (words: readonly string[], ...more: readonly string[]): Promise<Ended> =>
    runMain([...words, '--cluster-name', clusterName, '--kubeconfig', kubeconfig, ...flags, ...more])
  const run = (...more: readonly string[]): Promise<Ended> => runCommand(['doctor', provider], ...more)

  return {
    cluster,
    folder,
    post,
    addSystemPod,
    addWorkload,
    manager,
    removeManager: () =>
      request('DELETE', '/api/v1/namespaces/kube-system/pods/kube-controller-manager-node-a', ''),
    /** To list the resource is forbidden from now on. */
    forbid: (resource: string): void =>
      void cluster.simulator.faults.add({
        match: { resource },
        fault: { kind: 'status', code: 403, reason: 'Forbidden', message: `may not list ${resource}` },
      }),
    run,
    /** Another command that takes the flags of the cloud. */
    runCommand: (name: string, ...more: readonly string[]): Promise<Ended> =>
      runCommand([name, '--provider', provider], ...more),
    /** By the flags of a controller that allocates, unless told. */
    async examine(more: readonly string[] = poolFlags): Promise<Examined> {
      const ended = await run('--output', 'json', ...more)
      if (ended.stdout === '') throw new Error(ended.stderr)
      const { findings } = JSON.parse(ended.stdout) as { readonly findings: readonly DoctorFinding[] }
      const wrong = findings
        .filter(({ severity }) => severity !== 'ok')
        .map(({ code, object, severity }) => `${severity} ${code} ${object.kind}/${object.name}`)
      return { ...ended, findings, wrong }
    },
    async close(): Promise<void> {
      await cluster.close()
      await rm(folder, { recursive: true })
    },
  }
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
