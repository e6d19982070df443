import type { Command } from 'commander'
import { systemClock } from '../../kube/clock.ts'
import { readChoice } from '../flag-values.ts'
import { listFormats, outputOption, standardOutput } from '../output.ts'
import { openSurvey, requestOf } from '../survey/open-survey.ts'
import { type SurveyConfig, type SurveyFlags, readSurveyConfig } from '../survey/survey-config.ts'
import { addSurveyOptions } from '../survey/survey-options.ts'
import { paintOf } from '../terminal/paint.ts'
import { Progress } from '../terminal/progress.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import { type PlanRequest, runPlan } from './run-plan.ts'

const adoptions = ['none', 'matching'] as const

/** As commander hands them over. */
export interface PlanFlags extends SurveyFlags {
  readonly adopt: string
  readonly all?: boolean
  readonly output: string
}

export interface PlanConfig extends SurveyConfig, Pick<PlanRequest, 'adopt' | 'all' | 'output'> {}

export function addPlanCommand(program: Command): void {
  const command = addSurveyOptions(
    program
      .command('plan')
      .summary('show what would be done to the route tables, and why')
      .description(
        'Looks at Nodes, route tables and the record of whose routes they are, and prints what podway controller would do now, by its own code. Writes nothing anywhere. Give it the controller’s own flags.',
      ),
  )
  addPlanOptions(command)
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
    .action(async (flags: PlanFlags) => run(readPlanConfig(flags)))
}

/** What plan and apply have besides the flags of a survey. */
export const addPlanOptions = (command: Command): Command =>
  command
    .option(
      '--adopt <which>',
      'which foreign routes become podway’s own: none, or those that are just as podway would write them (matching)',
      'none',
    )
    .option('--all', 'show the routes too to which nothing is to be done')
    .addOption(outputOption())

/** @throws UsageError */
export function readPlanConfig(flags: PlanFlags): PlanConfig {
  return {
    ...readSurveyConfig(flags),
    adopt: readChoice('adopt', flags.adopt, adoptions),
    all: flags.all === true,
    output: readChoice('output', flags.output, listFormats),
  }
}

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
