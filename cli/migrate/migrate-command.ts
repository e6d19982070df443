import type { Command } from 'commander'
import { systemClock } from '../../kube/clock.ts'
import { connect } from '../connect.ts'
import { paint, progress } from '../doctor/terminal.ts'
import { openProvider } from '../open-provider.ts'
import { standardOutput } from '../output.ts'
import { addSettings } from '../settings/options.ts'
import { readSettings } from '../settings/read-settings.ts'
import { terminalAsker } from '../terminal/confirm.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { type MigrateConfig, readMigrateConfig } from './migrate-config.ts'
import { runMigrate } from './run-migrate.ts'

export function addMigrateCommand(program: Command): void {
  const command = program
    .command('migrate')
    .summary('lead a running cluster over to podway, step by step')
    .description(
      'Examines a cluster that is routed or networked by something else: what is there, what stands in the way, which step comes next, and what to type for it. It changes nothing, unless --do says so; run it again after each step. What is done it sees from the cluster, and remembers nothing.',
    )
    .addHelpText(
      'after',
      `
Without --provider and --cluster-name the cloud is not asked, and its routes are not compared.

Example:
  $ podway migrate --from cloud-controller-manager --provider aws --cluster-name prod
  $ podway migrate --from flannel --do definitions --yes
  $ podway migrate --from kindnet --assume kube-proxy --output json | jq -r '.steps[] | select(.state == "next").how[]'

Exit codes: 0 the migration is complete, 2 steps are left, 1 something stands in the way, or it failed
(also if the answer was not yes), 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'migrate', readMigrateConfig)),
    )
  addSettings(command, 'migrate')
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
      asker: terminalAsker,
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
