import type { Command } from 'commander'
import { Resource } from '../kube/resource.ts'
import { type NodeRoute, nodeRouteType } from '../reconciler/node-route/node-route.ts'
import { connect } from './connect.ts'
import { type Output, standardOutput } from './output.ts'
import { type ReleaseConfig, readReleaseConfig } from './release-config.ts'
import { runRelease } from './run-release.ts'
import { addSettings } from './settings/options.ts'
import { readSettings } from './settings/read-settings.ts'
import { terminalAsker } from './terminal/confirm.ts'
import { untilSignal } from './until-signal.ts'
import { commandWaits } from './with-retries.ts'

export function addReleaseCommand(program: Command): void {
  const command = program
    .command('release')
    .summary('let the brake go: delete routes that it holds')
    .description(
      'Where too many routes of running instances would be deleted at once, the controller holds the deletes. Lists what is held, or releases it: those routes are then deleted.',
    )
    .argument('[names...]', 'what to release: names of NodeRoutes, or their destinations')
    .addHelpText(
      'after',
      `
Example:
  $ podway release
  $ podway release v4-10-244-3-0-24 10.244.4.0/24
  $ podway release --all --yes

Exit codes: 0 listed or released, 1 failed (also if one that was named is not held: then nothing is released;
or the answer was not yes), 64 wrong usage.`,
    )
    .action(async (names: readonly string[], _flags: unknown, command: Command) =>
      run(
        await readSettings(command, 'release', (settings) => readReleaseConfig(names, settings)),
        standardOutput,
      ),
    )
  addSettings(command, 'release')
}

async function run(config: ReleaseConfig, output: Output): Promise<void> {
  const kube = connect(config.kubeconfig)
  const routes = new Resource<NodeRoute>(kube, nodeRouteType)
  try {
    await untilSignal(['SIGTERM', 'SIGINT'], (signal) =>
      runRelease(config, { routes, output, waits: commandWaits, asker: terminalAsker }, signal),
    )
  } finally {
    await kube.close()
  }
}
