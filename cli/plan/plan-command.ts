import type { Command } from 'commander'
import { systemClock } from '../../kube/clock.ts'
import { standardOutput } from '../output.ts'
import type { Settings } from '../settings/command-settings.ts'
import { addSettings } from '../settings/options.ts'
import { readSettings } from '../settings/read-settings.ts'
import { openSurvey, requestOf } from '../survey/open-survey.ts'
import { type SurveyConfig, readSurveyConfig } from '../survey/survey-config.ts'
import { paintOf } from '../terminal/paint.ts'
import { Progress } from '../terminal/progress.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { type PlanRequest, runPlan } from './run-plan.ts'

/** What plan and apply are told. */
export type PlanSettings = Settings<'plan'>

export interface PlanConfig extends SurveyConfig, Pick<PlanRequest, 'adopt' | 'all' | 'output'> {}

export function addPlanCommand(program: Command): void {
  const command = program
    .command('plan')
    .summary('show what would be done to the route tables, and why')
    .description(
      'Looks at Nodes, route tables and the record of whose routes they are, and prints what podway controller would do now, by its own code. Writes nothing anywhere. Give it the controller’s own flags.',
    )
    .addHelpText(
      'after',
      `
Example:
  $ podway plan --provider aws --cluster-name prod
  $ podway plan --provider aws --cluster-name prod --all --output yaml
  $ podway plan --provider aws --cluster-name prod --nodes nodes.yaml --state routes.json --cluster-cidr 10.244.0.0/16

Exit codes: 0 there is nothing to do, 2 there is something to do, 1 failed, also if a table could not be read, 64 wrong
usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'plan', readPlanConfig)),
    )
  addSettings(command, 'plan')
}

/** @throws UsageError */
export const readPlanConfig = (settings: PlanSettings): PlanConfig => ({
  ...readSurveyConfig(settings),
  adopt: settings.adopt,
  all: settings.all,
  output: settings.output,
})

async function run(config: PlanConfig): Promise<void> {
  const { adopt, all, output: format } = config
  const request = { ...(await requestOf(config)), adopt, all, output: format }
  using progress = new Progress(standardOutput, {
    stream: process.stderr,
    monotonic: () => systemClock.monotonic(),
  })
  const { output } = progress
  await using survey = await openSurvey(config, output)
  const { ledger, nodes, provider } = survey
  const parts = {
    ...{ ledger, nodes, provider, output },
    waits: commandWaits,
    paint: paintOf(process.stdout),
    progress: progress.reads,
  }
  await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runPlan(request, parts, signal))
}
