import type { ProgramConfig } from '../../cli/controller-program.ts'
import { defaultLeaderElectionTimes } from '../../kube/leader-election-config.ts'
import type { ManualClock } from '../../kube/testing/manual-clock.ts'
import { parseCidr } from '../../net/cidr.ts'
import { Pool } from '../../reconciler/ipam/pool.ts'
import { AwsCloud } from './aws/aws-cloud.ts'
import type { ChaosCloud, Note } from './chaos-cloud.ts'
import { Checker } from './checker/checker.ts'
import type { Violation } from './checker/invariant.ts'
import { unsettled } from './checker/settled.ts'
import { Cast, poolRange } from './story/cast.ts'
import type { Story } from './story/step.ts'
import { VirtualWorld } from './world/virtual-world.ts'

export const providers = ['aws'] as const
export type Provider = (typeof providers)[number]

const clouds: Readonly<Record<Provider, (clock: ManualClock, note: Note) => ChaosCloud>> = {
  aws: (clock, note) => new AwsCloud(clock, note),
}

export interface Result {
  readonly violations: readonly Violation[]
  /** All that the servers were asked, and answered. */
  readonly lines: readonly string[]
  /** How long it took from the end of the noise, in milliseconds of the world; undefined if it did not settle. */
  readonly settledMs: number | undefined
}

export interface RunOptions {
  readonly provider: Provider
  readonly onLog?: (line: string) => void
}

/**
 * From the end of the noise: a watch may be silent for 150 s before it is cut, then comes a back-off of up to 30 s, a
 * lease that has to expire, a back-off of a minute, and a reading that is due once a minute.
 */
const patienceMs = 900_000
const stepMs = 10_000
/** Nothing is written as long as nothing happens: for three looks at the tables. */
const quietMs = 200_000

/** Runs a story to its end, in a world of its own. Stops at the first promise that is broken. */
export async function runStory(story: Story, { onLog, provider }: RunOptions): Promise<Result> {
  const checker = new Checker({
    renewDeadlineMs: defaultLeaderElectionTimes.renewDeadlineMs,
    bucket: (action) => world.cloud.bucket(action),
    share: story.share,
  })
  const world = new VirtualWorld({
    seed: story.seed,
    cloud: clouds[provider],
    config: (cloud) => configOf(story, cloud),
    onEntry: (entry) => checker.see(entry),
    ...(onLog === undefined ? {} : { onLog }),
  })
  try {
    const settledMs = await tell(story, world, checker)
    return { violations: checker.violations, lines: world.lines, settledMs }
  } finally {
    world.end()
  }
}

async function tell(story: Story, world: VirtualWorld, checker: Checker): Promise<number | undefined> {
  const { clock } = world
  const broken = (): boolean => checker.violations.length > 0
  const cast = new Cast(world, story)
  for (const step of story.steps) {
    await world.pass(step.atMs - clock.monotonic())
    if (broken()) return undefined
    cast.act(step)
  }
  await world.pass(story.noiseMs - clock.monotonic())
  cast.calmDown()
  const since = clock.monotonic()
  let left = unsettled(checker.sight)
  while (left.length > 0 || !(await isQuiet(world, checker))) {
    if (broken()) return undefined
    if (clock.monotonic() - since > patienceMs) {
      checker.fail('settled', left.length > 0 ? left : [`still writes: ${checker.writes.join(', ')}`])
      return undefined
    }
    await world.pass(stepMs)
    left = unsettled(checker.sight)
  }
  const settledMs = clock.monotonic() - since - stepMs
  checker.forgetWrites()
  await world.pass(quietMs)
  if (checker.writes.length > 0) checker.fail('quiet', checker.writes)
  checker.fail('settled', unsettled(checker.sight))
  checker.end()
  return settledMs
}

/** Whether nothing is written for a moment. */
async function isQuiet(world: VirtualWorld, checker: Checker): Promise<boolean> {
  checker.forgetWrites()
  await world.pass(stepMs)
  return checker.writes.length === 0
}

function configOf({ families, share }: Story, cloud: ChaosCloud): ProgramConfig {
  const v4 = new Pool(parseCidr(poolRange), 24)
  const v6 = new Pool(parseCidr('fd00:10:244::/48'), 64)
  return {
    provider: 'aws',
    clusterName: cloud.clusterName,
    aws: {
      routeTables: 'tag',
      extraRouteTableIds: [],
      targetInterface: { by: 'primary' },
      matchNodeNames: false,
      routesPerTable: undefined,
    },
    pools: families === 'both' ? [v4, v6] : [v4],
    poolPlace: undefined,
    serviceRanges: [],
    configureRoutes: true,
    policy: 'sync',
    adopt: 'none',
    driftMs: 60_000,
    leaderElection: { ...defaultLeaderElectionTimes, namespace: 'kube-system', name: 'podway-controller' },
    apiBudgetShare: share,
  }
}
