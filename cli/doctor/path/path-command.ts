import type { Command } from 'commander'
import { Option } from 'commander'
import { awsRoleArnOption, awsRoleExternalIdOption } from '../../aws-options.ts'
import { azurePlaceOptions } from '../../azure-options.ts'
import { kubeconfigOption } from '../../cloud-options.ts'
import { connect } from '../../connect.ts'
import { addGcpOptions } from '../../gcp-options.ts'
import { outputOption, standardOutput } from '../../output.ts'
import { untilSignal } from '../../until-signal.ts'
import { commandWaits } from '../../with-retries.ts'
import { paint, progress } from '../terminal.ts'
import { openPathCloud } from './open-path-cloud.ts'
import { type PathConfig, type PathFlags, pathClouds, readPathConfig } from './path-config.ts'
import { runPath } from './run-path.ts'

/** The command that explains a packet's way. */
export function addPathCommand(doctor: Command): void {
  const command = doctor
    .command('path')
    .summary('explain the way of packets from a pod to another, or to an address, and name what breaks it')
    .description(
      'Asks the agents of both Nodes what their kernels do with a packet, there and back, and the cloud what lies between, and names the first step that does not let it pass. It sends no packet and changes nothing.',
    )
    .requiredOption('--from <namespace/name>', 'the pod that sends (without a namespace: of default)')
    .requiredOption('--to <namespace/name|address>', 'the pod, or the address, that it sends to')
    .addOption(
      new Option(
        '--provider <name>',
        `the cloud between the Nodes: ${pathClouds.join(', ')} (default: it is not asked)`,
      ),
    )
    .option('--agent-namespace <name>', 'where the agents run', 'podway-system')
    .option('--agent-port <port>', 'where the agents answer: that of their --metrics-bind-address', '10278')
    .addOption(awsRoleArnOption())
    .addOption(awsRoleExternalIdOption())
  addGcpOptions(command)
  for (const option of azurePlaceOptions()) command.addOption(option)
  command
    .addOption(kubeconfigOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Example:
  $ podway doctor path --from shop/web-0 --to shop/db-0 --provider aws
  $ podway doctor path --from shop/web-0 --to shop/db-0 --provider azure --cloud-config /etc/kubernetes/azure.json
  $ podway doctor path --from web-0 --to 10.0.3.10 --output json | jq '.paths[].broken'

Exit codes: 0 nothing is known to be broken (there may be warnings, and what could not be asked), 1 the way is broken, or
could not be examined, 64 wrong usage.`,
    )
    .action(async (flags: PathFlags) => run(readPathConfig(flags)))
}

async function run(config: PathConfig): Promise<void> {
  const kube = connect(config.kubeconfig)
  try {
    const cloud = config.cloud === undefined ? undefined : await openPathCloud(config.cloud)
    try {
      const parts = { kube, cloud, output: standardOutput, waits: commandWaits, paint, progress }
      await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runPath(config, parts, signal))
    } finally {
      cloud?.close()
    }
  } finally {
    await kube.close()
  }
}
