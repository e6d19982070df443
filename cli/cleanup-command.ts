import type { Command } from 'commander'
import { nodeRouteType, type NodeRoute } from '../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../reconciler/node-route/node-route-store.ts'
import { type PodNetwork, podNetworkType } from '../reconciler/pod-network/pod-network.ts'
import { withdrawPodNetwork } from '../reconciler/pod-network/pod-network-store.ts'
import { silentLogger } from '../kube/log.ts'
import { Resource } from '../kube/resource.ts'
import { alone } from './alone.ts'
import { type CloudConfig, readCloudConfig } from './cloud-config.ts'
import { connect } from './connect.ts'
import { openProvider } from './open-provider.ts'
import { standardOutput } from './output.ts'
import { type CleanupRequest, runCleanup } from './run-cleanup.ts'
import type { Settings } from './settings/command-settings.ts'
import { addSettings } from './settings/options.ts'
import { readSettings } from './settings/read-settings.ts'
import { terminalAsker } from './terminal/confirm.ts'
import { untilSignal } from './until-signal.ts'
import { commandWaits } from './with-retries.ts'

export function addCleanupCommand(program: Command): void {
  const command = program
    .command('cleanup')
    .summary('delete all of podway’s routes')
    .description(
      'Lists every route that is recorded as podway’s, in whichever table, asks, and deletes them and their records. Foreign routes stay. For when a cluster goes, or is routed by something else from now on.',
    )
    .addHelpText(
      'after',
      `
Stop the controller first: while it works it would write them again. It is noticed by its Lease.

Example:
  $ podway cleanup --provider aws --cluster-name prod
  $ podway cleanup --provider aws --cluster-name prod --yes

Exit codes: 0 listed, or all deleted (also if there was nothing to delete), 1 failed, if only in part, or the answer was not
yes, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'cleanup', readCleanupConfig)),
    )
  addSettings(command, 'cleanup')
}

interface CleanupConfig extends CloudConfig, CleanupRequest {
  readonly lease: { readonly namespace: string; readonly name: string }
  readonly kubeconfig: string | undefined
}

const readCleanupConfig = (settings: Settings<'cleanup'>): CleanupConfig => ({
  ...readCloudConfig(settings),
  yes: settings.yes,
  output: settings.output,
  lease: { namespace: settings.leaderElectResourceNamespace, name: settings.leaderElectResourceName },
  kubeconfig: settings.kubeconfig,
})

async function run(config: CleanupConfig): Promise<void> {
  const kube = connect(config.kubeconfig)
  try {
    const { provider, close } = await openProvider(config)
    const parts = {
      provider,
      store: new NodeRouteStore(new Resource<NodeRoute>(kube, nodeRouteType), silentLogger),
      withdraw: (signal: AbortSignal) =>
        withdrawPodNetwork(new Resource<PodNetwork>(kube, podNetworkType), signal),
      output: standardOutput,
      waits: commandWaits,
      asker: terminalAsker,
      alone: (work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) =>
        alone({ kube, ...config.lease }, work, signal),
    }
    try {
      await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runCleanup(config, parts, signal))
    } finally {
      close()
    }
  } finally {
    await kube.close()
  }
}
