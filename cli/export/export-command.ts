import type { Command } from 'commander'
import { systemClock } from '../../kube/clock.ts'
import { standardOutput } from '../output.ts'
import { addSettings } from '../settings/options.ts'
import { readSettings } from '../settings/read-settings.ts'
import { openSurvey, requestOf } from '../survey/open-survey.ts'
import { Progress } from '../terminal/progress.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { type ExportConfig, readExportConfig } from './export-config.ts'
import { runExport } from './run-export.ts'

export function addExportCommand(program: Command): void {
  const parent = program
    .command('export')
    .summary('write the routes down for other tools')
    .description('Writes the routes of a cluster down in the language of another tool. Changes nothing.')
  const command = parent
    .command('terraform')
    .summary('as resources and imports of Terraform or OpenTofu')
    .description(
      'Writes the routes that the Nodes want as resources of Terraform or OpenTofu (*.tf.json): aws_route, azurerm_route, google_compute_route. Those that are there get an import block besides, so that nothing is made twice. Changes no route. Give it the controller’s own flags.',
    )
    .addHelpText(
      'after',
      `
Files that an export has written are written again; one that was changed by hand is left, unless --force is given.

Example:
  $ podway export terraform --provider aws --cluster-name prod --out routes
  $ podway export terraform --provider gcp --cluster-name prod --only missing --nodes nodes.yaml --state routes.json

Exit codes: 0 exported, also if there is no route, 1 failed, and nothing was written, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'export terraform', readExportConfig)),
    )
  addSettings(command, 'export terraform')
}

async function run(config: ExportConfig): Promise<void> {
  const request = { ...(await requestOf(config)), ...config.wish }
  using progress = new Progress(standardOutput, {
    stream: process.stderr,
    monotonic: () => systemClock.monotonic(),
  })
  const { output } = progress
  await using survey = await openSurvey(config, output)
  const { ledger, nodes, provider } = survey
  const parts = { ledger, nodes, provider, output, waits: commandWaits, progress: progress.reads }
  await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runExport(request, parts, signal))
}
