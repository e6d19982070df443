import { describe, expect, test } from 'vitest'
import { declareFailures } from './failure.case.ts'
import type { Declare } from './harness.ts'
import type { ProviderWorld } from './provider-world.ts'
import { declareReads } from './read.case.ts'
import { declareTargets } from './target.case.ts'
import { declareWrites } from './write.case.ts'

/** A test that a provider or its cloud can't pass. */
export interface Skip {
  readonly test: string
  readonly reason: string
}

export interface Conformance {
  readonly name: string
  /** A new cloud for each test; the suite closes it. */
  readonly make: () => Promise<ProviderWorld>
  readonly skip?: readonly Skip[]
}

/**
 * What the port promises, of any provider; the clouds' own rules are tested beside each adapter. A `skip` that names no
 * test is a failure, so that none outlives its reason unseen.
 */
export function describeProvider({ name, make, skip = [] }: Conformance): void {
  const reasons = new Map(skip.map((entry) => [entry.test, entry.reason]))
  const declare: Declare = (title, run) => {
    const reason = reasons.get(title)
    reasons.delete(title)
    test.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (${reason})`, async () => {
      const world = await make()
      try {
        await run(world)
      } finally {
        await world.close()
      }
    })
  }

  describe(`the port, as ${name} keeps it`, () => {
    describe('reads', () => declareReads(declare))
    describe('writes', () => declareWrites(declare))
    describe('targets', () => declareTargets(declare))
    describe('failures', () => declareFailures(declare))
    test('every skip names a test', () => expect([...reasons.keys()]).toEqual([]))
  })
}
