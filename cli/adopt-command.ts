import type { Command } from 'commander'
import { systemClock } from '../kube/clock.ts'
import { nodeType } from '../kube/node-type.ts'
import type { Node } from '../kube/objects.ts'
import { Resource } from '../kube/resource.ts'
import { secondTime } from '../kube/second-time.ts'
import { type AdoptConfig, readAdoptConfig } from './adopt-config.ts'
import { connect } from './connect.ts'
import { openProvider } from './open-provider.ts'
import { type Output, standardOutput } from './output.ts'
import { runAdopt } from './run-adopt.ts'
import { addSettings } from './settings/options.ts'
import { readSettings } from './settings/read-settings.ts'
import { clusterLedger, fileLedger } from './survey/ledger-source.ts'
import { untilSignal } from './until-signal.ts'
import { commandWaits } from './with-retries.ts'

export function addAdoptCommand(program: Command): void {
  const command = program
    .command('adopt')
    .summary('make routes that somebody else wrote podway’s')
    .description(
      'Lists the routes to podCIDRs that podway did not make and that say exactly what it would write, and with --yes records them as podway’s: from then on it repairs them, and deletes them when their Node is gone. Changes no route.',
    )
    .argument('[destinations...]', 'only the routes to these podCIDRs')
    .addHelpText(
      'after',
      `
Example:
  $ podway adopt --provider aws --cluster-name prod
  $ podway adopt --provider aws --cluster-name prod --table rtb-0a1b2c --yes 10.244.3.0/24 10.244.4.0/24

Exit codes: 0 listed, or all adopted (also if there was nothing to adopt), 1 failed, if only in part, 64 wrong usage.`,
    )
    .action(async (destinations: readonly string[], _flags: unknown, command: Command) =>
      run(
        await readSettings(command, 'adopt', (settings) => readAdoptConfig(destinations, settings)),
        standardOutput,
      ),
    )
  addSettings(command, 'adopt')
}

async function run(config: AdoptConfig, output: Output): Promise<void> {
  const kube = connect(config.kubeconfig)
  try {
    const { provider, close } = await openProvider(config)
    const ledger = config.state === undefined ? clusterLedger(kube, output) : fileLedger(config.state)
    const now = (): string => secondTime(systemClock.now())
    const nodes = new Resource<Node>(kube, nodeType)
    const parts = { provider, nodes, ledger, output, now, waits: commandWaits }
    try {
      await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runAdopt(config, parts, signal))
    } finally {
      close()
    }
  } finally {
    await kube.close()
  }
}
