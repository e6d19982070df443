import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ensureGoPlugins } from '../bench/cni/go-plugins.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { explainRefusal } from '../lab/world.ts'
import { runInGuest } from './guest.ts'
import { ensureUserModeKernel } from './kernel.ts'
import type { Verdict } from './scenario.ts'
import { scenarios } from './scenarios.ts'

/**
 * What the tests' host may have no devices for: ipvlan, VLANs, dummies, VLAN filtering of bridges. Two guests play the same
 * scenarios at the same time, one with our plugins and one with the reference's: what we expect must be so of theirs too,
 * and what both print must be the same.
 */
const options = {
  environment: process.env,
  log: (line: string): void => void process.stderr.write(`${line}\n`),
}
const kernel = await ensureUserModeKernel(options).catch(String)
const peer = await ensureGoPlugins(options).catch(String)
const missing = typeof kernel === 'string' ? kernel : await explainRefusal()

interface Played {
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly console: string
}

async function play(...args: readonly string[]): Promise<Played> {
  if (typeof kernel === 'string') throw new Error(kernel)
  const program = join(import.meta.dirname, 'inside.ts')
  const { lines, console } = await runInGuest({ program, args, kernel, timeLimitMs: 120_000 })
  const verdicts = lines.map((line) => JSON.parse(line) as Verdict)
  return { verdicts: new Map(verdicts.map((verdict) => [verdict.name, verdict])), console }
}

function verdictOf({ verdicts, console }: Played, name: string): Verdict {
  const found = verdicts.get(name)
  if (found === undefined) throw new Error(`the guest did not come to it:\n${console}`)
  return found
}

describeUnless(missing, 'in user-mode Linux', () => {
  let [ours, theirs]: (Played | undefined)[] = []
  beforeAll(async () => {
    ;[ours, theirs] = await Promise.all([play(), typeof peer === 'string' ? undefined : play(peer.folder)])
  })
  const played = (one: Played | undefined): Played => {
    if (one === undefined) throw new Error('nothing was played')
    return one
  }

  test.each(scenarios)('$name', ({ name }) => {
    const { problem } = verdictOf(played(ours), name)
    expect(problem).toBeUndefined()
  })

  const common = scenarios.filter(({ oursAlone }) => oursAlone !== true)
  describeUnless(typeof peer === 'string' ? peer : undefined, 'the reference plugins do the same', () => {
    test.each(common)('$name', ({ name }) => {
      const { problem, printed } = verdictOf(played(theirs), name)
      expect(problem).toBeUndefined()
      expect(verdictOf(played(ours), name).printed).toEqual(printed)
    })
  })
})
