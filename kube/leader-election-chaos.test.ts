import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { Fault } from '../test/simulators/kubernetes/faults.ts'
import { type Candidate, Election } from './testing/candidates.ts'

const faults: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'reset-after-handling' },
  { kind: 'hang' },
  { kind: 'status', code: 500 },
  { kind: 'status', code: 429, retryAfter: 1 },
]
const who = fc.integer({ min: 0, max: 2 })
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      fault: fc.constantFrom(...faults),
      // Not what others do to the Lease, who are not judged here.
      method: fc.constantFrom('GET', 'POST', 'PUT'),
      times: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ standStill: who, halfSeconds: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ stop: who }) },
  { weight: 1, arbitrary: fc.constant('label' as const) },
)

/** Three processes whose clocks go at the same pace; one that ended is followed by a new one. */
class World {
  readonly election: Election
  readonly #present: Candidate[] = []
  readonly #still = [0, 0, 0]
  #made = 0

  constructor(election: Election) {
    this.election = election
    for (let index = 0; index < 3; index++) this.#present.push(this.#next())
  }

  get leaders(): readonly Candidate[] {
    return this.#present.filter(({ work }) => work?.isLeader() === true)
  }

  async passHalfSecond(): Promise<void> {
    for (const [index, candidate] of this.#present.entries()) {
      const still = this.#still[index] ?? 0
      if (still > 0) {
        candidate.clock.standStill(500)
        this.#still[index] = still - 1
      } else await candidate.pass(500)
      expect(this.leaders.length).toBeLessThanOrEqual(1)
      if (candidate.result !== 'running') this.#present[index] = this.#next()
    }
  }

  standStill(index: number, halfSeconds: number): void {
    this.#still[index] = halfSeconds
  }

  stop(index: number): void {
    this.#present[index]?.stop.abort()
  }

  #next(): Candidate {
    const identity = `candidate-${++this.#made}`
    // Different for each, so that they do not go in step.
    return this.election.candidate(identity, { random: () => (this.#made * 0.37) % 1 })
  }
}

property.prop([fc.array(anyStep, { maxLength: 12 })], { numRuns: 25 })(
  'whatever happens: never two leaders, and one again when it is over',
  async (steps) => {
    const election = await Election.open()
    try {
      const world = new World(election)
      for (const step of steps) {
        if (step === 'label') await election.meddle({}, { at: 'some-time' }).catch(() => undefined)
        else if ('pass' in step) for (let i = 0; i < step.pass; i++) await world.passHalfSecond()
        else if ('fault' in step) {
          const { fault, method, times } = step
          election.simulator.faults.add({ match: { method }, fault, times })
        } else if ('stop' in step) world.stop(step.stop)
        else world.standStill(step.standStill, step.halfSeconds)
      }
      election.simulator.faults.clear()
      for (let i = 0; i < 2 * 60; i++) await world.passHalfSecond()
      expect(world.leaders.length).toBe(1)
    } finally {
      await election.close()
    }
  },
  60_000,
)
