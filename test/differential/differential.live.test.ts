import { beforeAll, describe, expect, test } from 'vitest'
import { openLocalStack } from '../localstack/temporary.ts'
import { describeWithPython } from '../python/describe-with-python.ts'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { serve } from '../simulators/http-server.ts'
import { type Answer, tell } from './cloud.ts'
import { compare } from './compare.ts'
import { DIFFERENCES } from './differences.ts'
import { STEPS } from './steps.ts'

type Answers = ReadonlyMap<string, Answer>

/** The same requests to the strict simulator and to LocalStack: they agree, but for what is listed. */
let simulator: Answers
let localStack: Answers

async function tellSimulator(): Promise<Answers> {
  const server = await serve(createEc2Simulator({ region: 'eu-central-1', buckets: 'off' }))
  try {
    return await tell(server.url, STEPS)
  } finally {
    await server.close()
  }
}

async function tellLocalStack(): Promise<Answers> {
  const server = await openLocalStack()
  try {
    return await tell(server.url, STEPS)
  } finally {
    await server.close()
  }
}

const reasons = new Map(
  DIFFERENCES.flatMap(({ rule, seen }) =>
    Object.entries(seen).map(([step, lines]) => [step, { rule, lines }] as const),
  ),
)

function differences(step: string): readonly string[] {
  const [ours, theirs] = [simulator.get(step), localStack.get(step)]
  if (ours === undefined || theirs === undefined) throw new Error(`"${step}" was not told`)
  return compare(ours, theirs)
}

await describeWithPython('LocalStack and the simulator', () => {
  beforeAll(async () => {
    simulator = await tellSimulator()
    localStack = await tellLocalStack()
  }, 600_000)

  describe('the same answer', () => {
    test.each(STEPS.map(({ name }) => name).filter((name) => !reasons.has(name)))('%s', (step) => {
      expect(differences(step)).toEqual([])
    })
  })

  describe('the difference that is listed', () => {
    test.each([...reasons].map(([step, { rule, lines }]) => ({ step, rule, lines })))(
      '$step ($rule)',
      ({ step, lines }) => {
        expect(differences(step)).toEqual(lines)
      },
    )
  })
})
