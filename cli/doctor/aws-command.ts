import { styleText } from 'node:util'
import type { Command } from 'commander'
import { systemClock } from '../../kube/clock.ts'
import type { Severity } from '../../providers/finding.ts'
import {
  awsMatchNodeNamesOption,
  awsRoleArnOption,
  awsRoleExternalIdOption,
  awsRoutesPerTableOption,
  awsTargetInterfaceOption,
  extraRouteTableIdsOption,
  routeTableIdsOption,
  routeTablesOption,
} from '../aws-options.ts'
import { clusterNameOption, kubeconfigOption } from '../cloud-options.ts'
import { connect } from '../connect.ts'
import { openEc2 } from '../open-provider.ts'
import { outputOption, standardOutput } from '../output.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { type AwsDoctorConfig, type AwsDoctorFlags, readAwsDoctorConfig } from './aws-config.ts'
import { runAwsDoctor } from './run-aws-doctor.ts'

export function addAwsDoctor(doctor: Command): void {
  doctor
    .command('aws')
    .summary('examine a cluster on AWS: permissions, route tables, ranges, security groups')
    .description(
      'Reads the Nodes, the VPC around them and what else runs in the cluster, tries the controller’s calls as dry runs, and prints what it found, each with its fix. It changes nothing. Give it the controller’s own flags, and run it with the controller’s credentials.',
    )
    .addOption(clusterNameOption())
    .option(
      '--cluster-cidr <cidrs>',
      'ranges from which nodes get their podCIDRs, comma-separated; without pools, podway is taken not to allocate',
    )
    .option('--node-cidr-mask-size-ipv4 <bits>', 'prefix length of a node’s IPv4 podCIDR', '24')
    .option('--node-cidr-mask-size-ipv6 <bits>', 'prefix length of a node’s IPv6 podCIDR', '64')
    .option(
      '--pools-config-map <namespace/name>',
      'the ConfigMap that has the pools, instead of --cluster-cidr',
    )
    .option('--pools-file <path>', 'the file that has the pools, instead of both')
    .addOption(routeTablesOption())
    .addOption(routeTableIdsOption())
    .addOption(extraRouteTableIdsOption())
    .addOption(awsTargetInterfaceOption())
    .addOption(awsMatchNodeNamesOption())
    .addOption(awsRoutesPerTableOption())
    .addOption(awsRoleArnOption())
    .addOption(awsRoleExternalIdOption())
    .addOption(kubeconfigOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Example:
  $ podway doctor aws --cluster-name prod --cluster-cidr 10.244.0.0/16
  $ podway doctor aws --cluster-name prod --output json | jq -r '.findings[] | select(.severity == "error").fix'

Exit codes: 0 no errors found (there may be warnings, and what could not be examined), 1 errors found, or the examination
failed, 64 wrong usage.`,
    )
    .action(async (flags: AwsDoctorFlags) => run(readAwsDoctorConfig(flags)))
}

async function run(config: AwsDoctorConfig): Promise<void> {
  const kube = connect(config.kubeconfig)
  try {
    const { api, budget, close } = await openEc2(config.aws.role, {})
    const parts = {
      kube,
      ec2: { api, budget },
      clock: systemClock,
      output: standardOutput,
      waits: commandWaits,
      paint,
      progress,
    }
    try {
      await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runAwsDoctor(config, parts, signal))
    } finally {
      close()
    }
  } finally {
    await kube.close()
  }
}

const colours = { error: 'red', warning: 'yellow', unknown: 'magenta', ok: 'green' } as const

/** On a terminal, unless NO_COLOR says otherwise: that is what `styleText` looks at. */
const paint = (text: string, severity: Severity): string =>
  styleText(colours[severity], text, { stream: process.stdout })

/** For a person who waits; a log has no use for it. */
function progress(what: string): void {
  if (process.stderr.isTTY) void standardOutput.note(`Reading ${what} …`)
}
