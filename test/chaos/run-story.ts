import { readCloudConfig } from '../../cli/cloud-config.ts'
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
import { podRangeName } from './gcp/alias-ranges.ts'
import { GceCloud } from './gcp/gce-cloud.ts'
import { ArmCloud } from './azure/arm-cloud.ts'
import { type Provider, traits } from './provider.ts'
import { Cast } from './story/cast.ts'
import { poolRange } from './story/other-hands.ts'
import type { Story } from './story/step.ts'
import type { Random } from './world/random.ts'
import { VirtualWorld } from './world/virtual-world.ts'

const clouds: Readonly<Record<Provider, (clock: ManualClock, note: Note, random: Random) => ChaosCloud>> = {
  aws: (clock, note) => new AwsCloud(clock, note),
  gcp: (clock, note, random) => new GceCloud(clock, note, random),
  'gcp-alias': (clock, note, random) => new GceCloud(clock, note, random, 'alias-ip'),
  azure: (clock, note, random) => new ArmCloud(clock, note, random),
}

export interface Result {
  readonly violations: readonly Violation[]
  /** All that the servers were asked, and answered. */
  readonly lines: readonly string[]
  /** How long it took from the end of the noise, in milliseconds of the world; undefined if it did not settle. */
  readonly settledMs: number | undefined
  /** Whether the controller came to the call at which it was to be killed. */
  readonly wasKilled: boolean
}

export interface RunOptions {
  readonly provider: Provider
  readonly onLog?: (line: string) => void
  /** One controller runs, is killed at that call, and another takes its place; without, there are two from the start. */
  readonly killAt?: KillPoint
}

export interface KillPoint {
  /** Which of its calls, 1 for the first. */
  readonly call: number
  /** Just before it is sent, or when the server has done what it asks for. */
  readonly when: 'before' | 'after'
}

/**
 * From the end of the noise: a watch may be silent for 150 s before it is cut, then comes a back-off of up to 30 s, a
 * lease that has to expire, a back-off of a minute, and a reading that is due once a minute.
 */
const patienceMs = 900_000
/** Longer than from one look at the tables to the next. */
const stepMs = 70_000
/**
 * It takes that long to notice that a watch brings nothing any more, and to look at instances: every fourth time that the
 * tables are looked at.
 */
const silenceMs = 300_000
/** Nothing is written as long as nothing happens: for two more looks at the tables. */
const quietMs = 130_000

/** Runs a story to its end, in a world of its own. Stops at the first promise that is broken. */
export async function runStory(story: Story, { killAt, onLog, provider }: RunOptions): Promise<Result> {
  const checker = new Checker({
    renewDeadlineMs: defaultLeaderElectionTimes.renewDeadlineMs,
    bucket: (action) => world.cloud.bucket(action),
    isConditional: traits[provider].isConditional,
    share: story.share,
    adopts: story.adopts,
  })
  const world = new VirtualWorld({
    seed: story.seed,
    cloud: clouds[provider],
    config: (cloud) => configOf(story, cloud, provider),
    onEntry: (entry) => checker.see(entry),
    ...(onLog === undefined ? {} : { onLog }),
  })
  const isKilled = killAt === undefined ? (): boolean => false : killOnCall(world, killAt)
  try {
    const cast = new Cast(world, story, killAt === undefined ? ['a', 'b'] : ['a'])
    const settledMs = await tell(story, world, cast, checker, killAt !== undefined)
    return { violations: checker.violations, lines: world.lines, settledMs, wasKilled: isKilled() }
  } finally {
    world.end()
  }
}

/** Returns whether it has happened. */
function killOnCall(world: VirtualWorld, { call, when }: KillPoint): () => boolean {
  let calls = 0
  world.onCall = () => {
    if (++calls !== call) return 'sent'
    // Ready to take over, as soon as the Lease has expired.
    world.clock.setTimeout(() => world.start('b'), 100)
    return when === 'before' ? 'unsent' : 'unanswered'
  }
  return () => calls >= call
}

async function tell(
  story: Story,
  world: VirtualWorld,
  cast: Cast,
  checker: Checker,
  isShort: boolean,
): Promise<number | undefined> {
  const { clock } = world
  const broken = (): boolean => checker.violations.length > 0
  for (const step of story.steps) {
    await world.pass(step.atMs - clock.monotonic())
    if (broken()) return undefined
    cast.act(step)
  }
  await world.pass(story.noiseMs - clock.monotonic())
  cast.calmDown()
  const since = clock.monotonic()
  for (;;) {
    checker.forgetWrites()
    await world.pass(stepMs)
    if (broken()) return undefined
    const left = unsettled(checker.sight)
    const isNoticed = isShort || clock.monotonic() - since > silenceMs
    if (left.length === 0 && checker.writes.length === 0 && isNoticed) break
    if (clock.monotonic() - since > patienceMs) {
      checker.fail('settled', left.length > 0 ? left : [`still writes: ${checker.writes.join(', ')}`])
      return undefined
    }
  }
  const settledMs = clock.monotonic() - since - stepMs
  if (!isShort) await world.pass(quietMs)
  checker.fail('quiet', checker.writes)
  checker.fail('settled', unsettled(checker.sight))
  checker.end()
  return settledMs
}

function configOf({ adopts, families, share }: Story, cloud: ChaosCloud, provider: Provider): ProgramConfig {
  const isDelegated = provider === 'gcp-alias'
  const v4 = isDelegated ? [] : [new Pool(parseCidr(poolRange), 24)]
  const v6 = families === 'both' ? [new Pool(parseCidr('fd00:10:244::/48'), 64)] : []
  const flags = isDelegated
    ? ({ provider: 'gcp', gcpMode: 'alias-ip', gcpPodRanges: [podRangeName] } as const)
    : { provider }
  return {
    ...readCloudConfig({ ...flags, clusterName: cloud.clusterName }),
    pools: [...v4, ...v6],
    poolPlace: undefined,
    serviceRanges: [],
    configureRoutes: true,
    policy: 'sync',
    adopt: adopts ? 'matching' : 'none',
    driftMs: 60_000,
    leaderElection: { ...defaultLeaderElectionTimes, namespace: 'kube-system', name: 'podway-controller' },
    apiBudgetShare: share,
  }
}
