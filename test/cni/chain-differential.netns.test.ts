import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { binary } from '../../cni/testing/binary.ts'
import { ensureGoPlugins } from '../bench/cni/go-plugins.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { findRuntimes, programsOf } from '../runtimes/install.ts'
import { chainDeviations } from './chain-deviations.ts'
import { type ChainContestants, type ChainRound, playChain } from './chain-play.ts'
import { chainScenarios } from './chain-scenario.ts'
import { explain } from './deviations.ts'
import type { Difference } from './facts.ts'
import type { PlannedCall, PluginName } from './scenario.ts'

/**
 * Chains of our plugins and of the reference's, with the same configurations and environments on two hosts that are alike:
 * answers, files, links, addresses, routes and queues are compared after every call, and of packet filters what they do:
 * who reaches whom, and as whom. Whatever differs is in a table, with its reason, or it is a defect.
 */
const reference = await ensureGoPlugins({ environment: process.env, log: () => undefined }).catch(String)
const runtimes = await findRuntimes(process.env)
const missing = [reference, runtimes].find((one) => typeof one === 'string')

describeUnless(missing, 'a chain beside the reference plugins', () => {
  const ours = '/run/our-chain'
  beforeAll(() => {
    mkdirSync(ours)
    const names = chainScenarios.flatMap(({ plugins }) => plugins.map(({ type }) => type))
    for (const name of new Set([...names, 'host-local'])) symlinkSync(binary(), join(ours, name))
  })
  afterAll(() => rmSync(ours, { recursive: true }))
  const contestants = (): ChainContestants => {
    if (typeof reference === 'string' || typeof runtimes === 'string') throw new Error(missing)
    return { ours, theirs: reference.folder, environment: programsOf(runtimes) }
  }

  const used = new Set<string>()
  it.each(chainScenarios)(
    '$name: the same, but for what is listed',
    async (scenario) => {
      const rounds = await playChain(scenario, contestants())
      const unexplained = rounds.flatMap((round) =>
        unexplainedOf(round).map(
          ({ fact, ours, theirs }) =>
            `${round.step}: ${fact}: ${ours ?? 'nothing'}, and theirs ${theirs ?? 'nothing'}`,
        ),
      )
      expect(unexplained).toEqual([])
    },
    60_000,
  )

  it('the table lists nothing that does not happen', () => {
    expect(chainDeviations.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([])
  })

  function unexplainedOf(round: ChainRound): readonly Difference[] {
    const call: PlannedCall = {
      ...{ verb: round.verb, pod: 0, ifName: 'eth0', before: undefined, previous: { kind: 'own' } },
      ...{ environment: {}, fields: {}, stdin: undefined },
    }
    const { unexplained } = explain({
      plugin: round.type as PluginName,
      call,
      differences: round.differences,
    })
    return unexplained.filter((difference) => {
      const found = chainDeviations.find(({ explains }) => explains(difference, round))
      if (found !== undefined) used.add(found.name)
      return found === undefined
    })
  }
})
