import type { Command } from 'commander'
import { systemClock } from '../../kube/clock.ts'
import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { nodeGone } from '../../reconciler/node-gone.ts'
import { alone } from '../alone.ts'
import { standardOutput } from '../output.ts'
import { type PlanConfig, readPlanConfig } from '../plan/plan-command.ts'
import type { Settings } from '../settings/command-settings.ts'
import { addSettings } from '../settings/options.ts'
import { readSettings } from '../settings/read-settings.ts'
import { openSurvey, requestOf } from '../survey/open-survey.ts'
import { terminalAsker } from '../terminal/confirm.ts'
import { paintOf } from '../terminal/paint.ts'
import { Progress } from '../terminal/progress.ts'
import { UsageError } from '../usage.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { type LeasePlace, mayHaveLease, refuseBusy } from './busy-controller.ts'
import { type ApplyParts, runApply } from './run-apply.ts'

export interface ApplyConfig extends PlanConfig {
  readonly yes: boolean
  readonly lease: LeasePlace
}

export function addApplyCommand(program: Command): void {
  const command = program
    .command('apply')
    .summary('write routes once, without a controller')
    .description(
      'Shows what podway plan shows, asks, and does it: once, as the controller does it, and recorded as it does. For before there is a controller, and for when it can’t run. Running it again is always safe.',
    )
    .addHelpText(
      'after',
      `
A controller that works does all this by itself: while one holds the Lease, nothing is done. Without an API server (--nodes,
--state) there is no Lease, and the state file is locked instead.

Example:
  $ podway apply --provider aws --cluster-name prod
  $ podway apply --provider aws --cluster-name prod --nodes nodes.yaml --state routes.json --cluster-cidr 10.244.0.0/16 --yes

Exit codes: 0 all done, or nothing to do, 1 failed, if only in part, or the answer was not yes, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'apply', readApplyConfig)),
    )
  addSettings(command, 'apply')
}

/** @throws UsageError */
export function readApplyConfig(settings: Settings<'apply'>): ApplyConfig {
  const config = readPlanConfig(settings)
  const { yes } = settings
  if (config.output !== 'table' && !yes)
    throw new UsageError(
      `--output=${config.output} takes --yes: a document is no question (podway plan prints the plan)`,
    )
  if (config.nodes === undefined && (config.pools !== undefined || config.poolsFile !== undefined))
    throw new UsageError(
      '--cluster-cidr and --pools-file take --nodes: Nodes of an API server get their podCIDRs from the controller, and apply writes none to them',
    )
  const { leaderElectResourceName: name, leaderElectResourceNamespace: namespace } = settings
  return { ...config, yes, lease: { namespace, name } }
}

async function run(config: ApplyConfig): Promise<void> {
  const { adopt, all, lease, output: format, yes } = config
  const request = { ...(await requestOf(config)), adopt, all, output: format, yes }
  using progress = new Progress(standardOutput, {
    stream: process.stderr,
    monotonic: () => systemClock.monotonic(),
  })
  const { output } = progress
  await using survey = await openSurvey(config, output)
  const { kube, ledger, nodes, provider } = survey
  const tools = { now: () => systemClock.now(), waits: commandWaits }
  const parts: ApplyParts = {
    ...{ ledger, nodes, provider, output },
    clock: systemClock,
    random: Math.random,
    waits: commandWaits,
    paint: paintOf(process.stdout),
    progress: progress.reads,
    asker: terminalAsker,
    onDone: (done, count) => progress.counts(done, count, 'destination'),
    refuseBusy: (signal) => (kube === undefined ? Promise.resolve() : refuseBusy(kube, lease, tools, signal)),
    alone: async (work, signal) => {
      const isShared = kube !== undefined && (await mayHaveLease(kube, lease, commandWaits, signal))
      await (isShared ? alone({ kube, ...lease }, work, signal) : work(signal))
    },
    nodeGone: nodeGoneBy(config.nodes === undefined ? kube : undefined),
  }
  await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runApply(request, parts, signal))
}

/** Of a file, what is not in it is gone: it is the word of whoever wrote it, who was asked. */
function nodeGoneBy(kube: KubeClient | undefined): ApplyParts['nodeGone'] {
  if (kube === undefined) return () => () => Promise.resolve(true)
  const nodes = new Resource<Node>(kube, nodeType)
  return ({ state }) =>
    (node, key, signal) =>
      nodeGone(nodes, state.claims, node, key, signal)
}
