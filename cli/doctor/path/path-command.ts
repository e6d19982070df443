import type { Command } from 'commander'
import { connect } from '../../connect.ts'
import { standardOutput } from '../../output.ts'
import { addSettings } from '../../settings/options.ts'
import { readSettings } from '../../settings/read-settings.ts'
import { untilSignal } from '../../until-signal.ts'
import { commandWaits } from '../../with-retries.ts'
import { paint, progress } from '../terminal.ts'
import { openPathCloud } from './open-path-cloud.ts'
import { type PathConfig, readPathConfig } from './path-config.ts'
import { runPath } from './run-path.ts'

/** The command that explains a packet's way. */
export function addPathCommand(doctor: Command): void {
  const command = doctor
    .command('path')
    .summary('explain the way of packets from a pod to another, or to an address, and name what breaks it')
    .description(
      'Asks the agents of both Nodes what their kernels do with a packet, there and back, and the cloud what lies between, and names the first step that does not let it pass. It sends no packet and changes nothing.',
    )
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
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'doctor path', readPathConfig)),
    )
  addSettings(command, 'doctor path')
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
