import fc from 'fast-check'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { binary } from '../../cni/testing/binary.ts'
import { type GoPlugins, ensureGoPlugins } from '../bench/cni/go-plugins.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { type Contestants, type Round, play } from './contest.ts'
import { explain } from './deviations.ts'
import { scenarioOf } from './generate.ts'
import { pluginNames } from './scenario.ts'

/**
 * Our plugins and the reference's, called the same way on two hosts that are alike: whatever differs afterwards is in the
 * table of deviations, with its reason, or it is a defect.
 *
 * `PODWAY_SEED` and `PODWAY_RUNS` draw other scenarios, and more of them. A failure says both, and the path to the
 * smallest scenario that shows it: `PODWAY_PATH` plays that one again.
 */
const { PODWAY_SEED: seed, PODWAY_RUNS: runs, PODWAY_PATH: path } = process.env

const usualRuns: Readonly<Record<(typeof pluginNames)[number], number>> = {
  ptp: 150,
  'host-local': 100,
  static: 40,
  loopback: 25,
}

/** `npm test` builds them before it enters this world, which has no network. */
const reference = await ensureGoPlugins({ environment: process.env, log: () => undefined }).catch(
  (error: unknown) => String(error),
)

describeUnless(typeof reference === 'string' ? reference : undefined, 'beside the reference plugins', () => {
  const ours = '/run/our-plugins'
  const contestants: Contestants = { ours, theirs: (reference as GoPlugins).folder }

  beforeAll(() => {
    mkdirSync(ours)
    for (const name of pluginNames) symlinkSync(binary(), join(ours, name))
  })
  afterAll(() => rmSync(ours, { recursive: true }))

  it.each(pluginNames)(
    '%s does the same, but for what is listed',
    async (plugin) => {
      await fc.assert(
        fc.asyncProperty(scenarioOf(plugin), async (scenario) => {
          const rounds = await play(scenario, contestants, (round) => isTheSame(round))
          const last = rounds.at(-1)
          if (last === undefined) return
          const { unexplained } = explain(last)
          expect(unexplained, `call ${rounds.length}: ${JSON.stringify(last.call)}`).toEqual([])
        }),
        {
          seed: Number(seed ?? 1),
          numRuns: Number(runs ?? usualRuns[plugin]),
          ...(path === undefined ? {} : { path }),
          endOnFailure: path !== undefined,
        },
      )
    },
    600_000,
  )
})

/** The hosts are as like as before: the next call can be compared. */
function isTheSame(round: Round): boolean {
  const { unexplained, diverged } = explain(round)
  return unexplained.length === 0 && !diverged
}
