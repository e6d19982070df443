import fc from 'fast-check'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { binary } from '../../cni/testing/binary.ts'
import { type GoPlugins, ensureGoPlugins } from '../bench/cni/go-plugins.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { type Contestants, play } from './contest.ts'
import { deviations, explain } from './deviations.ts'
import { examples } from './examples.ts'
import { scenarioOf } from './generate/scenario.ts'
import { type Scenario, pluginNames } from './scenario.ts'
import { shareFolder } from './share-folder.ts'

/**
 * Our plugins and the reference's, called the same way on two hosts that are alike: whatever differs afterwards is in the
 * table of deviations, with its reason, or it is a defect.
 *
 * `PODWAY_SEED` and `PODWAY_RUNS` draw other scenarios, and more of them. A failure names its seed, and the path to the
 * smallest scenario that shows it: with `PODWAY_PATH` that one is played again.
 */
const { PODWAY_SEED: seed, PODWAY_RUNS: runs, PODWAY_PATH: path } = process.env
const drawn = (usualRuns: number): fc.Parameters<unknown> => ({
  seed: Number(seed ?? 1),
  numRuns: Number(runs ?? usualRuns),
  ...(path === undefined ? {} : { path, endOnFailure: true }),
})

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

  /** Plays until the hosts are not alike any more, and fails if nothing explains why. */
  async function expectAlike(
    scenario: Scenario,
    relieved: readonly boolean[] = [],
  ): Promise<readonly string[]> {
    const used = new Set<string>()
    await play(
      scenario,
      contestants,
      (round) => {
        const explained = explain(round)
        expect(explained.unexplained, JSON.stringify(round.call)).toEqual([])
        for (const name of explained.used) used.add(name)
        return !explained.diverged
      },
      relieved,
    )
    return [...used]
  }

  it('the table lists nothing that does not happen', async () => {
    const used = new Set<string>()
    for (const example of examples) for (const name of await expectAlike(example)) used.add(name)
    expect(deviations.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([])
  }, 120_000)

  it.each([
    { plugin: 'ptp', usualRuns: 90 },
    { plugin: 'host-local', usualRuns: 60 },
    { plugin: 'static', usualRuns: 30 },
    { plugin: 'loopback', usualRuns: 20 },
  ] as const)(
    '$plugin does the same, but for what is listed',
    async ({ plugin, usualRuns }) => {
      await fc.assert(
        fc.asyncProperty(scenarioOf(plugin), async (scenario) => {
          await expectAlike(scenario)
        }),
        drawn(usualRuns),
      )
    },
    600_000,
  )

  it.each([
    { plugin: 'ptp', usualRuns: 30 },
    { plugin: 'host-local', usualRuns: 30 },
  ] as const)(
    '$plugin takes over from the reference, and gives back, in the middle of things',
    async ({ plugin, usualRuns }) => {
      const turns = fc.array(fc.boolean(), { minLength: 5, maxLength: 5 })
      await fc.assert(
        fc.asyncProperty(scenarioOf(plugin), turns, async (scenario, relieved) => {
          await expectAlike(scenario, relieved)
        }),
        drawn(usualRuns),
      )
    },
    600_000,
  )

  it('both give from one folder at the same time: no address is given twice, and none is lost', async () => {
    const { givenTwice, left, calls } = await shareFolder(contestants, {
      pods: 40,
      rounds: Number(runs ?? 3),
    })
    expect(givenTwice).toEqual([])
    expect(left).toEqual([])
    expect(calls.failed).toEqual([])
    expect(calls.ok).toBeGreaterThan(200)
  }, 600_000)
})
