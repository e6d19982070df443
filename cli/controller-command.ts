import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { systemClock } from '../kube/clock.ts'
import { connect } from './connect.ts'
import { type ControllerConfig, readControllerConfig } from './controller-config.ts'
import { runControllerProgram } from './controller-program.ts'
import { openStatus } from './controller-status.ts'
import { createLog } from './log.ts'
import { openProvider } from './open-provider.ts'
import { addSettings } from './settings/options.ts'
import { readSettings } from './settings/read-settings.ts'
import { untilSignal } from './until-signal.ts'

export function addControllerCommand(program: Command): void {
  const command = program
    .command('controller')
    .summary('turn the podCIDRs of Nodes into routes of the cloud')
    .description(
      'Watches the Nodes of a cluster, gives them podCIDRs, and keeps a route to each of them in every route table of the cluster. Runs until SIGTERM or SIGINT.',
    )
    .addHelpText(
      'after',
      `
The cloud's credentials, region and endpoint are found as its other tools find them (for AWS: AWS_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_EC2 …; for Azure: --cloud-config, AZURE_SUBSCRIPTION_ID, AZURE_CLIENT_ID …; for Google Cloud: the
application default credentials), proxies by HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

Example:
  $ podway controller --provider aws --cluster-name prod --cluster-cidr 10.244.0.0/16,fd00:10:244::/48
  $ podway controller --provider gcp --cluster-name prod --gcp-network prod --cluster-cidr 10.244.0.0/16

Exit codes: 0 stopped by a signal, 1 failed, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'controller', readControllerConfig)),
    )
  addSettings(command, 'controller')
}

async function run(config: ControllerConfig): Promise<void> {
  const log = createLog(config.logLevel)
  const { kubeconfig, metricsBindAddress } = config
  const identity = `${hostname()}_${randomUUID()}`
  const tools = { clock: systemClock, random: Math.random, log, identity }
  const client = connect(kubeconfig)
  await using status = await openStatus({ ...tools, bindAddress: metricsBindAddress })
  await untilSignal(['SIGTERM', 'SIGINT'], (signal) =>
    runControllerProgram(config, { ...tools, client, status, openProvider }, signal),
  )
}
