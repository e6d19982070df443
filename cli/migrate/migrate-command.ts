import { type Command, Option } from 'commander'
import { systemClock } from '../../kube/clock.ts'
import {
  awsMatchNodeNamesOption,
  awsModeOption,
  awsRoleArnOption,
  awsRoleExternalIdOption,
  awsTargetInterfaceOption,
  extraRouteTableIdsOption,
  routeTableIdsOption,
  routeTablesOption,
} from '../aws-options.ts'
import { azurePlaceOptions } from '../azure-options.ts'
import { clusterNameOption, kubeconfigOption, providerOption } from '../cloud-options.ts'
import { connect } from '../connect.ts'
import { paint, progress } from '../doctor/terminal.ts'
import { addGcpOptions, gcpModeOption } from '../gcp-options.ts'
import { openProvider } from '../open-provider.ts'
import { standardOutput } from '../output.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { askOnTerminal } from './ask.ts'
import { type MigrateConfig, type MigrateFlags, readMigrateConfig } from './migrate-config.ts'
import { predecessors } from './predecessor.ts'
import { reportFormats } from './report.ts'
import { runMigrate } from './run-migrate.ts'
import { doableSteps } from './step.ts'

export function addMigrateCommand(program: Command): void {
  const command = program
    .command('migrate')
    .summary('lead a running cluster over to podway, step by step')
    .description(
      'Examines a cluster that is routed or networked by something else: what is there, what stands in the way, which step comes next, and what to type for it. It changes nothing, unless --do says so; run it again after each step. What is done it sees from the cluster, and remembers nothing.',
    )
    .addOption(
      new Option(
        '--from <predecessor>',
        `what the cluster has now: ${predecessors.join(', ')}`,
      ).makeOptionMandatory(),
    )
    .addOption(providerOption().makeOptionMandatory(false))
    .addOption(clusterNameOption().makeOptionMandatory(false))
    .option(
      '--allocate-node-cidrs [boolean]',
      'whether podway is to give nodes their podCIDRs; false leaves it to whoever does it now',
      true,
    )
    .option('--no-allocate-node-cidrs', 'leave that to whoever does it now')
    .option(
      '--assume <steps>',
      'steps that are done though the cluster does not show it, comma-separated; they change nothing for the others',
    )
    .option('--do <step>', `what podway itself is to do now: ${doableSteps.join(', ')}; it asks before`)
    .option('--yes', 'do it without a question')
    .addOption(routeTablesOption())
    .addOption(routeTableIdsOption())
    .addOption(extraRouteTableIdsOption())
    .addOption(awsTargetInterfaceOption())
    .addOption(awsModeOption())
    .addOption(awsMatchNodeNamesOption())
    .addOption(awsRoleArnOption())
    .addOption(awsRoleExternalIdOption())
    .addOption(kubeconfigOption())
    .addOption(new Option('-o, --output <format>', reportFormats.join(', ')).default('table'))
    .addHelpText(
      'after',
      `
Without --provider and --cluster-name the cloud is not asked, and its routes are not compared.

Example:
  $ podway migrate --from cloud-controller-manager --provider aws --cluster-name prod
  $ podway migrate --from flannel --do definitions --yes
  $ podway migrate --from kindnet --assume kube-proxy --output json | jq -r '.steps[] | select(.state == "next").how[]'

Exit codes: 0 the migration is complete, 2 steps are left, 1 something stands in the way, or it failed, 64 wrong usage.`,
    )
    .action(async (flags: MigrateFlags) => run(readMigrateConfig(flags)))
  for (const option of azurePlaceOptions()) command.addOption(option)
  addGcpOptions(command).addOption(gcpModeOption())
}

async function run(config: MigrateConfig): Promise<void> {
  const kube = connect(config.kubeconfig)
  try {
    const cloud = config.cloud === undefined ? undefined : await openProvider(config.cloud)
    const parts = {
      kube,
      provider: cloud?.provider,
      output: standardOutput,
      waits: commandWaits,
      clock: systemClock,
      ask: askOnTerminal,
      paint,
      progress,
    }
    try {
      await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runMigrate(config, parts, signal))
    } finally {
      cloud?.close()
    }
  } finally {
    await kube.close()
  }
}
