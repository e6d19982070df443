import type { Command } from 'commander'
import { createKubeClient } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { loadKubeConfig } from '../kube/config.ts'
import { nodeType } from '../kube/node-type.ts'
import type { Node } from '../kube/objects.ts'
import { Reflector } from '../kube/reflector.ts'
import { Resource } from '../kube/resource.ts'
import { runController } from '../reconciler/controller.ts'
import { type NodeRoute, nodeRouteType } from '../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../reconciler/node-route/node-route-store.ts'
import {
  type ControllerConfig,
  type ControllerFlags,
  logLevels,
  providerNames,
  readControllerConfig,
} from './controller-config.ts'
import { createLog } from './log.ts'
import { openProvider } from './open-provider.ts'
import { untilSignal } from './until-signal.ts'
import { version } from './version.ts'

/** Enough to keep EC2's bucket of 50 writes busy; a key that waits for an answer holds a worker. */
const workers = 16

export function addControllerCommand(program: Command): void {
  program
    .command('controller')
    .summary('turn the podCIDRs of Nodes into routes of the cloud')
    .description(
      'Watches the Nodes of a cluster, gives them podCIDRs, and keeps a route to each of them in every route table of the cluster. Runs until SIGTERM or SIGINT.',
    )
    .requiredOption('--provider <name>', `the cloud: ${providerNames.join(', ')}`)
    .requiredOption(
      '--cluster-name <name>',
      'route tables are those with the tag kubernetes.io/cluster/<name>',
    )
    .option(
      '--cluster-cidr <cidrs>',
      'ranges from which nodes get their podCIDRs, comma-separated, of one or both families',
    )
    .option('--node-cidr-mask-size-ipv4 <bits>', 'prefix length of a node’s IPv4 podCIDR', '24')
    .option('--node-cidr-mask-size-ipv6 <bits>', 'prefix length of a node’s IPv6 podCIDR', '64')
    .option('--allocate-node-cidrs [boolean]', 'whether to give nodes their podCIDRs', true)
    .option('--no-allocate-node-cidrs', 'leave that to somebody else')
    .option('--route-table-ids <ids>', 'the route tables, comma-separated, instead of those with the tag')
    .option(
      '--route-reconciliation-period <duration>',
      'how often tables and instances are read though nothing happened',
      '1m',
    )
    .option(
      '--kubeconfig <path>',
      'how to reach the API server (default: $KUBECONFIG, the pod’s service account, ~/.kube/config)',
    )
    .option('--log-level <level>', logLevels.join(', '), 'info')
    .addHelpText(
      'after',
      `
The cloud's credentials, region and endpoint are found as its other tools find them (for AWS: AWS_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_EC2 …), proxies by HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

Example:
  $ podway controller --provider aws --cluster-name prod --cluster-cidr 10.244.0.0/16,fd00:10:244::/48

Exit codes: 0 stopped by a signal, 1 failed, 64 wrong usage.`,
    )
    .action(async (flags: ControllerFlags) => run(readControllerConfig(flags)))
}

async function run(config: ControllerConfig): Promise<void> {
  const log = createLog(config.logLevel)
  const kube = createKubeClient(
    loadKubeConfig({ env: process.env, ...pick('kubeconfig', config.kubeconfig) }),
    {
      userAgent: `podway/${version}`,
      env: process.env,
    },
  )
  const { provider, close } = await openProvider(config)
  const nodes = new Resource<Node>(kube, nodeType)
  const reflector = new Reflector<Node>({ resource: nodes, clock: systemClock, random: Math.random, log })
  const store = new NodeRouteStore(new Resource<NodeRoute>(kube, nodeRouteType), log)
  log.info({ version, provider: provider.name, cluster: config.clusterName }, 'controller starts')
  const { pools, driftMs } = config
  try {
    await untilSignal(['SIGTERM', 'SIGINT'], (signal) =>
      runController(
        {
          provider,
          nodes,
          reflector,
          store,
          pools,
          driftMs,
          workers,
          clock: systemClock,
          random: Math.random,
          log,
        },
        signal,
      ),
    )
    log.info({}, 'controller stopped')
  } finally {
    close()
    await kube.close()
  }
}

/** An object with the key, or without it if there is no value: what exactOptionalPropertyTypes asks for. */
function pick<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>)
}
