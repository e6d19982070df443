import type { Command } from 'commander'
import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import type { LedgerRecord } from '../../reconciler/ledger/record.ts'
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
import { addGcpOptions, addGcpRouteOptions, gcpModeOption } from '../gcp-options.ts'
import { listAll } from '../list-all.ts'
import { openProvider } from '../open-provider.ts'
import { type Output, standardOutput } from '../output.ts'
import { clusterLedger, fileLedger } from '../survey/ledger-source.ts'
import { readNodeFile } from '../survey/node-file.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { type ExportConfig, type ExportFlags, readExportConfig } from './export-config.ts'
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
      'Writes the routes that the Nodes want as resources of Terraform or OpenTofu (*.tf.json): aws_route, azurerm_route, google_compute_route. Those that are there get an import block besides, so that nothing is made twice. Changes no route.',
    )
    .addOption(providerOption())
    .addOption(clusterNameOption())
    .option('--out <folder>', 'where the files are written; - prints them as one', '-')
    .option(
      '--only <which>',
      'which routes, comma-separated: owned (recorded as podway’s), foreign (somebody else made them, and they do the job), missing (not there yet), disputed (somebody else made them, and they lead elsewhere: Terraform would change that)',
      'owned,foreign,missing',
    )
    .option('--force', 'replace files that no export has written, or that were changed since')
    .option('--no-versions', 'leave out which providers are needed, where the module says it already')
    .option(
      '--nodes <file>',
      'the Nodes, as "kubectl get nodes -o yaml" writes them, instead of the cluster’s',
    )
    .option('--state <file>', 'the file that records which routes are podway’s, instead of NodeRoutes')
    .addOption(routeTablesOption())
    .addOption(routeTableIdsOption())
    .addOption(extraRouteTableIdsOption())
    .addOption(awsTargetInterfaceOption())
    .addOption(awsModeOption())
    .addOption(awsMatchNodeNamesOption())
    .addOption(awsRoleArnOption())
    .addOption(awsRoleExternalIdOption())
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      `
Files that an export has written are written again; one that was changed by hand is left, unless --force is given.

Example:
  $ podway export terraform --provider aws --cluster-name prod --out routes
  $ podway export terraform --provider gcp --cluster-name prod --only missing --nodes nodes.yaml

Exit codes: 0 exported, also if there is no route, 1 failed, and nothing was written, 64 wrong usage.`,
    )
    .action((flags: ExportFlags) => run(readExportConfig(flags), standardOutput))
  for (const option of azurePlaceOptions()) command.addOption(option)
  addGcpRouteOptions(addGcpOptions(command).addOption(gcpModeOption()))
}

async function run(config: ExportConfig, output: Output): Promise<void> {
  await using sources = openSources(config, output)
  const { provider, close } = await openProvider(config)
  try {
    const parts = { ...sources, provider, output, waits: commandWaits }
    await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runExport(config.request, parts, signal))
  } finally {
    close()
  }
}

interface Sources extends AsyncDisposable {
  readonly nodes: (signal: AbortSignal) => Promise<readonly Node[]>
  readonly records: (signal: AbortSignal) => Promise<readonly LedgerRecord[]>
}

/** Files, or the cluster. With Nodes of a file and no state there is no cluster, and nothing is recorded. */
function openSources({ kubeconfig, nodes: nodeFile, state }: ExportConfig, output: Output): Sources {
  const needsCluster = nodeFile === undefined
  const kube = needsCluster ? connect(kubeconfig) : undefined
  return {
    nodes: nodesOf(kube, nodeFile),
    records: recordsOf(kube, state, output),
    async [Symbol.asyncDispose]() {
      await kube?.close()
    },
  }
}

function nodesOf(kube: KubeClient | undefined, file: string | undefined): Sources['nodes'] {
  if (file !== undefined) return () => readNodeFile(file)
  if (kube === undefined) return () => Promise.resolve([])
  return (signal) => listAll(new Resource<Node>(kube, nodeType), signal)
}

function recordsOf(
  kube: KubeClient | undefined,
  state: string | undefined,
  output: Output,
): Sources['records'] {
  if (state !== undefined) return fileLedger(state).read
  return kube === undefined ? () => Promise.resolve([]) : clusterLedger(kube, output).read
}
