import type { Command } from 'commander'
import { nodeRouteType, type NodeRoute } from '../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../reconciler/node-route/node-route-store.ts'
import { type PodNetwork, podNetworkType } from '../reconciler/pod-network/pod-network.ts'
import { withdrawPodNetwork } from '../reconciler/pod-network/pod-network-store.ts'
import { silentLogger } from '../kube/log.ts'
import { Resource } from '../kube/resource.ts'
import { alone } from './alone.ts'
import { awsRoleArnOption, awsRoleExternalIdOption } from './aws-options.ts'
import { azurePlaceOptions } from './azure-options.ts'
import {
  type CloudFlags,
  clusterNameOption,
  kubeconfigOption,
  providerOption,
  readCloudConfig,
} from './cloud-options.ts'
import { connect } from './connect.ts'
import { addGcpOptions } from './gcp-options.ts'
import { readChoice } from './flag-values.ts'
import { openProvider } from './open-provider.ts'
import { listFormats, outputOption, standardOutput } from './output.ts'
import { type CleanupRequest, runCleanup } from './run-cleanup.ts'
import { terminalAsker } from './terminal/confirm.ts'
import { untilSignal } from './until-signal.ts'
import { commandWaits } from './with-retries.ts'

interface CleanupFlags extends CloudFlags {
  readonly yes?: boolean
  readonly kubeconfig?: string
  readonly output: string
  readonly leaderElectResourceNamespace: string
  readonly leaderElectResourceName: string
}

export function addCleanupCommand(program: Command): void {
  const command = program
    .command('cleanup')
    .summary('delete all of podway’s routes')
    .description(
      'Lists every route that is recorded as podway’s, in whichever table, asks, and deletes them and their records. Foreign routes stay. For when a cluster goes, or is routed by something else from now on.',
    )
    .addOption(providerOption())
    .addOption(clusterNameOption())
    .addOption(awsRoleArnOption())
    .addOption(awsRoleExternalIdOption())
    .option('--yes', 'delete them without a question; without it and without a terminal they are only listed')
    .option('--leader-elect-resource-namespace <name>', 'where the controllers’ Lease is', 'podway-system')
    .option('--leader-elect-resource-name <name>', 'what that Lease is called', 'podway-controller')
    .addOption(kubeconfigOption())
    .addOption(outputOption())
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
    .action(async (flags: CleanupFlags) => {
      const request = { yes: flags.yes === true, output: readChoice('output', flags.output, listFormats) }
      await run(flags, request)
    })
  for (const option of azurePlaceOptions()) command.addOption(option)
  addGcpOptions(command)
}

async function run(flags: CleanupFlags, request: CleanupRequest): Promise<void> {
  const config = readCloudConfig(flags)
  const kube = connect(flags.kubeconfig)
  try {
    const { provider, close } = await openProvider(config)
    const lease = { namespace: flags.leaderElectResourceNamespace, name: flags.leaderElectResourceName }
    const parts = {
      provider,
      store: new NodeRouteStore(new Resource<NodeRoute>(kube, nodeRouteType), silentLogger),
      withdraw: (signal: AbortSignal) =>
        withdrawPodNetwork(new Resource<PodNetwork>(kube, podNetworkType), signal),
      output: standardOutput,
      waits: commandWaits,
      asker: terminalAsker,
      alone: (work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) =>
        alone({ kube, ...lease }, work, signal),
    }
    try {
      await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runCleanup(request, parts, signal))
    } finally {
      close()
    }
  } finally {
    await kube.close()
  }
}
