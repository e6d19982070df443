import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { systemClock } from '../kube/clock.ts'
import { policies } from '../reconciler/guard/policy.ts'
import { poolsKey } from '../reconciler/ipam/config-map-pools.ts'
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
import { clusterNameOption, kubeconfigOption, providerOption } from './cloud-options.ts'
import { connect } from './connect.ts'
import { addGcpOptions, addGcpRouteOptions, gcpModeOption } from './gcp-options.ts'
import { openStatus } from './controller-status.ts'
import {
  type ControllerConfig,
  type ControllerFlags,
  defaultBindAddress,
  defaultDriftInterval,
  readControllerConfig,
} from './controller-config.ts'
import { defaultNamespace, runControllerProgram } from './controller-program.ts'
import { createLog } from './log.ts'
import { logLevels } from './log-levels.ts'
import { defaultApiBudgetShare, openProvider } from './open-provider.ts'
import { bindAddressFlag } from './process-status.ts'
import { untilSignal } from './until-signal.ts'

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
      `how often tables are read though nothing happened, and every fourth time instances, some in their turn (default: ${defaultDriftInterval})`,
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
  addGcpRouteOptions(addGcpOptions(command).addOption(gcpModeOption()))
}

async function run(config: ControllerConfig): Promise<void> {
  const log = createLog(config.logLevel)
  const { kubeconfig, metricsBindAddress } = config
  const identity = `${hostname()}_${randomUUID()}`
  const tools = { clock: systemClock, random: Math.random, log, identity }
  const client = connect(kubeconfig)
  await using status = await openStatus({ ...tools, bindAddress: metricsBindAddress })
  await untilSignal(['SIGTERM', 'SIGINT'], (signal) =>
    runControllerProgram(config, { ...tools, client, status, openProvider }, signal),
  )
}
