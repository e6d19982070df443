import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { type KubeEvent, type ObjectReference, eventType } from '../kube/event.ts'
import { EventRecorder } from '../kube/events.ts'
import { keptOfNode } from '../kube/kept-node.ts'
import { type Lead, runAsLeader } from '../kube/leader-election.ts'
import { attemptTimeoutMs } from '../kube/leader-election-config.ts'
import { type Lease, leaseType } from '../kube/lease.ts'
import type { Logger } from '../kube/log.ts'
import { nodeType } from '../kube/node-type.ts'
import type { Node } from '../kube/objects.ts'
import { Reflector } from '../kube/reflector.ts'
import { Resource } from '../kube/resource.ts'
import { noProvider } from '../providers/no-provider.ts'
import { runController } from '../reconciler/controller.ts'
import { type ConfigMap, configMapPools, configMapType } from '../reconciler/ipam/config-map-pools.ts'
import type { IpamSources } from '../reconciler/ipam/ipam.ts'
import { type ServiceCidr, serviceCidrType } from '../reconciler/ipam/service-cidrs.ts'
import { type NodeRoute, nodeRouteType } from '../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../reconciler/node-route/node-route-store.ts'
import { type PodNetwork, podNetworkType } from '../reconciler/pod-network/pod-network.ts'
import { openPodNetworkStore } from '../reconciler/pod-network/pod-network-store.ts'
import { changesAtOnce } from './changes-at-once.ts'
import type { ControllerConfig, LeaderElection } from './controller-config.ts'
import type { ControllerStatus } from './controller-status.ts'
import { Fence } from './fence.ts'
import type { OpenProvider, ProviderConfig } from './open-provider.ts'
import { defaultNamespace } from './settings/controller-settings.ts'
import { poolsFile } from './pools-file.ts'
import { version } from './version.ts'

/** What `podway controller` needs of the machine that it runs on. */
export interface Surroundings {
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
  /** No other process has it. */
  readonly identity: string
  /** Closed when the program ends. */
  readonly client: KubeClient
  readonly status: Pick<ControllerStatus, 'metrics' | 'health' | 'cloud' | 'counted'>
  readonly openProvider: (config: ProviderConfig) => Promise<OpenProvider>
}

/** What of the flags is about the work itself. */
export type ProgramConfig = Omit<ControllerConfig, 'kubeconfig' | 'logLevel' | 'metricsBindAddress'>

/**
 * `podway controller` without its process: waits to lead, then works until the signal aborts. Rejects when leadership is
 * lost, and if it can't work as it is configured: what it knows is no good any more then, and only a new process helps.
 */
export async function runControllerProgram(
  config: ProgramConfig,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const { clock, identity, log, random, status } = surroundings
  const { adopt, driftMs, leaderElection, policy, pools } = config
  const tools = { clock, random, log }
  const { health, metrics } = status
  const client = status.counted(surroundings.client)
  const hurry = leaderElection === undefined ? {} : { writeTimeoutMs: attemptTimeoutMs(leaderElection) }
  const fence = new Fence(hurry)
  const { provider, close } = config.configureRoutes
    ? await surroundings.openProvider({
        ...config,
        gate: fence.check,
        observe: status.cloud,
        ...hurry,
      })
    : { provider: noProvider, close: () => undefined }
  const events = new EventRecorder({
    ...tools,
    events: new Resource<KubeEvent>(client, eventType),
    controller: 'podway.dev/controller',
    instance: identity,
  })
  const lead = async (term: AbortSignal): Promise<void> => {
    const kube = fence.around(client)
    const nodes = new Resource<Node>(kube, nodeType)
    const routes = new Resource<NodeRoute>(kube, nodeRouteType)
    metrics.leads(true)
    await runController(
      {
        ...tools,
        provider,
        nodes,
        reflector: new Reflector<Node>({ ...tools, resource: nodes, keep: keptOfNode }),
        store: new NodeRouteStore(routes, log),
        records: new Reflector<NodeRoute>({ ...tools, resource: routes }),
        podNetworkStore: openPodNetworkStore(new Resource<PodNetwork>(kube, podNetworkType), tools),
        clusterName: config.clusterName,
        pools,
        ipamSources: ipamSources(config, kube, tools),
        configureRoutes: config.configureRoutes,
        policy,
        adopt,
        driftMs,
        // A key that waits for an answer holds a worker.
        workers: changesAtOnce(provider.capabilities),
        events,
        subject: subjectOf(leaderElection),
        metrics,
        health,
      },
      term,
    )
  }
  log.info({ version, provider: provider.name, cluster: config.clusterName, policy }, 'controller starts')
  try {
    if (leaderElection === undefined) await lead(signal)
    else {
      const leases = new Resource<Lease>(client, leaseType)
      const leading: Lead = (term, isLeader) => {
        fence.arm(isLeader)
        return lead(term)
      }
      const onLeader = (leader: string): void => health.sees(leader)
      await runAsLeader({ ...tools, ...leaderElection, leases, identity, onLeader }, leading, signal)
    }
    log.info({}, 'controller stopped')
  } finally {
    await events.close()
    close()
    await client.close()
  }
}

function ipamSources(
  { poolPlace, serviceRanges }: ProgramConfig,
  client: KubeClient,
  tools: Pick<Surroundings, 'clock' | 'random' | 'log'>,
): IpamSources {
  const serviceCidrs = new Resource<ServiceCidr>(client, serviceCidrType)
  if (poolPlace === undefined) return { serviceRanges, serviceCidrs }
  const pools =
    poolPlace.kind === 'file'
      ? poolsFile(poolPlace.path, tools)
      : configMapPools(new Resource<ConfigMap>(client, configMapType), poolPlace, tools)
  return { serviceRanges, serviceCidrs, pools }
}

/** What Events are about that are about no one Node: the Lease stands for the controller. */
const subjectOf = (election: LeaderElection | undefined): ObjectReference =>
  election === undefined
    ? { apiVersion: 'v1', kind: 'Namespace', name: defaultNamespace }
    : {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        name: election.name,
        namespace: election.namespace,
      }
