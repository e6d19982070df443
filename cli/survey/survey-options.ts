import type { Command } from 'commander'
import { policies } from '../../reconciler/guard/policy.ts'
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
} from '../aws-options.ts'
import { azureOptions } from '../azure-options.ts'
import { clusterNameOption, kubeconfigOption, providerOption } from '../cloud-options.ts'
import { addGcpOptions, addGcpRouteOptions, gcpModeOption } from '../gcp-options.ts'

/**
 * The flags by which a command looks at everything that routes depend on: the controller's own, so that it finds the same
 * tables and plans the same routes, and where Nodes and ledger are if not in a cluster.
 */
export function addSurveyOptions(command: Command): Command {
  command
    .addOption(providerOption())
    .addOption(clusterNameOption())
    .option(
      '--nodes <file>',
      'the Nodes, as "kubectl get nodes -o yaml" writes them or by hand (- for standard input), instead of the API server’s; takes --state',
    )
    .option('--state <file>', 'the file that records which routes are podway’s, instead of NodeRoutes')
    .option(
      '--cluster-cidr <cidrs>',
      'ranges from which Nodes that have no podCIDRs would get theirs, comma-separated; without pools they wait',
    )
    .option('--node-cidr-mask-size-ipv4 <bits>', 'prefix length of a Node’s IPv4 podCIDR', '24')
    .option('--node-cidr-mask-size-ipv6 <bits>', 'prefix length of a Node’s IPv6 podCIDR', '64')
    .option('--pools-file <path>', 'a file that has the pools, instead of --cluster-cidr')
    .option(
      '--service-cluster-ip-range <cidrs>',
      'the ranges of Services, comma-separated: no Node gets any of them',
    )
    .option('--policy <policy>', `what may be done to the tables: ${policies.join(', ')}`, 'sync')
    .addOption(routeTablesOption())
    .addOption(routeTableIdsOption())
    .addOption(extraRouteTableIdsOption())
    .addOption(awsTargetInterfaceOption())
    .addOption(awsModeOption())
    .addOption(awsMatchNodeNamesOption())
    .addOption(awsRoutesPerTableOption())
    .addOption(awsRoleArnOption())
    .addOption(awsRoleExternalIdOption())
  for (const option of azureOptions()) command.addOption(option)
  return addGcpRouteOptions(addGcpOptions(command).addOption(gcpModeOption())).addOption(kubeconfigOption())
}
