import { describe, expect, test } from 'vitest'
import { declareFailures } from './failure.case.ts'
import type { Declare } from './harness.ts'
import type { ProviderWorld } from './provider-world.ts'
import { declareReads } from './read.case.ts'
import { declareTargets } from './target.case.ts'
import { declareWrites } from './write.case.ts'

/** A test that a cloud fails: one that is not the real one, or one that has not what is tested. */
export interface Deviation {
  readonly test: string
  /** What it does, and what the real one, or others, do. */
  readonly reason: string
}

export interface Conformance {
  readonly name: string
  /** A new cloud for each test; the suite closes it. */
  readonly make: () => Promise<ProviderWorld>
  readonly deviations?: readonly Deviation[]
}

/**
 * What the port promises, of any provider; the clouds' own rules are tested beside each adapter. The test of a deviation
 * is run too, and must fail: none outlives its reason unseen.
 */
export function describeProvider({ name, make, deviations = [] }: Conformance): void {
  const reasons = new Map(deviations.map((entry) => [entry.test, entry.reason]))
  const declare: Declare = (title, run) => {
    const reason = reasons.get(title)
    reasons.delete(title)
    const inWorld = async (): Promise<void> => {
      const world = await make()
      try {
        await run(world)
      } finally {
        await world.close()
      }
    }
    if (reason === undefined) test(title, inWorld)
    else test.fails(`${title}: NOT HERE, ${reason}`, inWorld)
  }

  describe(`the port, as ${name} keeps it`, () => {
    describe('reads', () => declareReads(declare))
    describe('writes', () => declareWrites(declare))
    describe('targets', () => declareTargets(declare))
    describe('failures', () => declareFailures(declare))
    test('every deviation names a test', () => expect([...reasons.keys()]).toEqual([]))
  })
}
