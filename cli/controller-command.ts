import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import type { KubeClient } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { type KubeEvent, type ObjectReference, eventType } from '../kube/event.ts'
import { EventRecorder } from '../kube/events.ts'
import { type Lead, runAsLeader } from '../kube/leader-election.ts'
import { type Lease, leaseType } from '../kube/lease.ts'
import type { Logger } from '../kube/log.ts'
import { nodeType } from '../kube/node-type.ts'
import type { Node } from '../kube/objects.ts'
import { Reflector, type ReflectorOptions } from '../kube/reflector.ts'
import { Resource } from '../kube/resource.ts'
import { noProvider } from '../providers/no-provider.ts'
import { runController } from '../reconciler/controller.ts'
import { policies } from '../reconciler/guard/policy.ts'
import {
  type ConfigMap,
  configMapPools,
  configMapType,
  poolsKey,
} from '../reconciler/ipam/config-map-pools.ts'
import type { IpamSources } from '../reconciler/ipam/ipam.ts'
import { type ServiceCidr, serviceCidrType } from '../reconciler/ipam/service-cidrs.ts'
import { type NodeRoute, nodeRouteType } from '../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../reconciler/node-route/node-route-store.ts'
import { type PodNetwork, podNetworkType } from '../reconciler/pod-network/pod-network.ts'
import { openPodNetworkStore } from '../reconciler/pod-network/pod-network-store.ts'
import {
  awsMatchNodeNamesOption,
  awsModeOption,
  awsRoleArnOption,
  awsRoleExternalIdOption,
  awsRoutesPerTableOption,
  awsTargetInterfaceOption,
  extraRouteTableIdsOption,
  routeTableIdsOption,
  routeTablesOption,
} from './aws-options.ts'
import { azureOptions } from './azure-options.ts'
import { changesAtOnce } from './changes-at-once.ts'
import { clusterNameOption, kubeconfigOption, providerOption } from './cloud-options.ts'
import { connect } from './connect.ts'
import { addGcpOptions, addGcpRouteOptions } from './gcp-options.ts'
import { bindAddressFlag, openStatus } from './controller-status.ts'
import {
  type ControllerConfig,
  type ControllerFlags,
  type LeaderElection,
  defaultBindAddress,
  defaultDriftInterval,
  logLevels,
  readControllerConfig,
} from './controller-config.ts'
import { Fence } from './fence.ts'
import { createLog } from './log.ts'
import { defaultApiBudgetShare, openProvider } from './open-provider.ts'
import { poolsFile } from './pools-file.ts'
import { untilSignal } from './until-signal.ts'
import { version } from './version.ts'

/** Of deploy/rbac/controller.yaml. */
const defaultNamespace = 'podway-system'

export function addControllerCommand(program: Command): void {
  const command = program
    .command('controller')
    .summary('turn the podCIDRs of Nodes into routes of the cloud')
    .description(
      'Watches the Nodes of a cluster, gives them podCIDRs, and keeps a route to each of them in every route table of the cluster. Runs until SIGTERM or SIGINT.',
    )
    .addOption(providerOption())
    .addOption(clusterNameOption())
    .option(
      '--cluster-cidr <cidrs>',
      'ranges from which nodes get their podCIDRs, comma-separated, of one or both families',
    )
    .option('--node-cidr-mask-size-ipv4 <bits>', 'prefix length of a node’s IPv4 podCIDR', '24')
    .option('--node-cidr-mask-size-ipv6 <bits>', 'prefix length of a node’s IPv6 podCIDR', '64')
    .option('--allocate-node-cidrs [boolean]', 'whether to give nodes their podCIDRs', true)
    .option('--no-allocate-node-cidrs', 'leave that to somebody else')
    .option(
      '--pools-config-map <namespace/name>',
      `the ConfigMap whose key ${poolsKey} has the pools, instead of --cluster-cidr; followed while it changes`,
    )
    .option('--pools-file <path>', 'a file that has them, instead; followed while it changes')
    .option(
      '--service-cluster-ip-range <cidrs>',
      'the ranges of Services, comma-separated, besides those that the cluster’s ServiceCIDR objects name: no node gets any of them',
    )
    .addOption(routeTablesOption())
    .addOption(routeTableIdsOption())
    .addOption(extraRouteTableIdsOption())
    .addOption(awsTargetInterfaceOption())
    .addOption(awsModeOption())
    .addOption(awsMatchNodeNamesOption())
    .addOption(awsRoutesPerTableOption())
    .addOption(awsRoleArnOption())
    .addOption(awsRoleExternalIdOption())
    .option(
      '--configure-cloud-routes [boolean]',
      'whether to write routes, or only give nodes their podCIDRs',
      true,
    )
    .option('--no-configure-cloud-routes', 'leave routes to somebody else; no cloud is asked')
    .option('--policy <policy>', `what may be done to the tables: ${policies.join(', ')}`, 'sync')
    .option(
      '--adopt <which>',
      'which foreign routes become podway’s own: none, or those that are just as podway would write them (matching)',
      'none',
    )
    .option(
      '--drift-interval <duration>',
      `how often tables and instances are read though nothing happened (default: ${defaultDriftInterval})`,
    )
    .option('--route-reconciliation-period <duration>', 'the same, by the name that it has elsewhere')
    .option(
      '--api-budget-share <share>',
      'which part of the cloud API’s documented rates may be used: the account is others’ too; more than 1 where they were raised for it',
      String(defaultApiBudgetShare),
    )
    .option('--leader-elect [boolean]', 'whether only one of several controllers works at a time', true)
    .option('--no-leader-elect', 'this is the only one, by other means')
    .option(
      '--leader-elect-lease-duration <duration>',
      'how long the others wait for one that is silent',
      '15s',
    )
    .option(
      '--leader-elect-renew-deadline <duration>',
      'how long a leader that can’t renew still works',
      '10s',
    )
    .option('--leader-elect-retry-period <duration>', 'how often it renews, or the others try', '2s')
    .option('--leader-elect-resource-namespace <name>', 'where the Lease is', defaultNamespace)
    .option('--leader-elect-resource-name <name>', 'what the Lease is called', 'podway-controller')
    .option(
      `--${bindAddressFlag} <address>`,
      'where /healthz, /readyz and /metrics are served, over plain HTTP; 0 for nowhere',
      defaultBindAddress,
    )
    .addOption(kubeconfigOption())
    .option('--log-level <level>', logLevels.join(', '), 'info')
    .addHelpText(
      'after',
      `
The cloud's credentials, region and endpoint are found as its other tools find them (for AWS: AWS_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_EC2 …; for Azure: --cloud-config, AZURE_SUBSCRIPTION_ID, AZURE_CLIENT_ID …; for Google Cloud: the
application default credentials), proxies by HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

Example:
  $ podway controller --provider aws --cluster-name prod --cluster-cidr 10.244.0.0/16,fd00:10:244::/48
  $ podway controller --provider gcp --cluster-name prod --gcp-network prod --cluster-cidr 10.244.0.0/16

Exit codes: 0 stopped by a signal, 1 failed, 64 wrong usage.`,
    )
    .action(async (flags: ControllerFlags) => run(readControllerConfig(flags)))
  for (const option of azureOptions()) command.addOption(option)
  addGcpRouteOptions(addGcpOptions(command))
}

async function run(config: ControllerConfig): Promise<void> {
  const log = createLog(config.logLevel)
  const { adopt, driftMs, leaderElection, metricsBindAddress, policy, pools } = config
  const identity = `${hostname()}_${randomUUID()}`
  const tools = { clock: systemClock, random: Math.random, log }
  const connection = connect(config.kubeconfig)
  await using status = await openStatus({ ...tools, bindAddress: metricsBindAddress, identity })
  const { health, metrics } = status
  const client = status.counted(connection)
  const fence = new Fence()
  const { provider, close } = config.configureRoutes
    ? await openProvider({ ...config, gate: fence.check, observe: status.cloud })
    : { provider: noProvider, close: () => undefined }
  const events = new EventRecorder({
    ...tools,
    events: new Resource<KubeEvent>(client, eventType),
    controller: 'podway.dev/controller',
    instance: identity,
  })
  const lead = async (signal: AbortSignal): Promise<void> => {
    const kube = fence.around(client)
    const nodes = new Resource<Node>(kube, nodeType)
    const routes = new Resource<NodeRoute>(kube, nodeRouteType)
    metrics.leads(true)
    await runController(
      {
        ...tools,
        provider,
        nodes,
        reflector: new Reflector<Node>({ ...tools, resource: nodes }),
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
      signal,
    )
  }
  log.info({ version, provider: provider.name, cluster: config.clusterName, policy }, 'controller starts')
  try {
    await untilSignal(['SIGTERM', 'SIGINT'], async (signal) => {
      if (leaderElection === undefined) return lead(signal)
      const leases = new Resource<Lease>(client, leaseType)
      const leading: Lead = (term, isLeader) => {
        fence.arm(isLeader)
        return lead(term)
      }
      const onLeader = (leader: string): void => health.sees(leader)
      return runAsLeader({ ...tools, ...leaderElection, leases, identity, onLeader }, leading, signal)
    })
    log.info({}, 'controller stopped')
  } finally {
    await events.close()
    close()
    await client.close()
  }
}

function ipamSources(
  { poolPlace, serviceRanges }: ControllerConfig,
  client: KubeClient,
  tools: Pick<ReflectorOptions<ConfigMap>, 'clock' | 'random'> & { readonly log: Logger },
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
