import { beforeAll, expect, test } from 'vitest'
import { describeWithPython } from '../python/describe-with-python.ts'
import { ACTIONS } from '../simulators/ec2/catalogue.ts'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { serve } from '../simulators/http-server.ts'
import { type Check, type WalkedAnswer, ensureBoto3, exercise } from './run.ts'

const REGION = 'eu-central-1'

await describeWithPython('boto3 and the EC2 simulator', () => {
  let answers: readonly WalkedAnswer[]
  let checks: readonly Check[]

  beforeAll(async () => {
    const boto3 = await ensureBoto3()
    const server = await serve(createEc2Simulator({ region: REGION, buckets: 'off' }))
    try {
      const reports = await exercise(boto3, server.url, REGION)
      answers = reports.filter((each) => each.kind === 'answer')
      checks = reports.filter((each) => each.kind === 'check')
    } finally {
      await server.close()
    }
  })

  const checksOf = (about: string): readonly Check[] => checks.filter((check) => check.about === about)
  const problemsOf = (reports: readonly (WalkedAnswer | Check)[]): readonly string[] => [
    ...new Set(reports.flatMap(({ problems }) => problems)),
  ]

  test.each([...ACTIONS.keys()])("%s: every element is botocore's and of its type", (action) => {
    const found = answers.filter((answer) => answer.action === action)
    expect(problemsOf([...found, ...checksOf(action)])).toEqual([])
    const statuses = found.map(({ status }) => status)
    expect(statuses).toContain(200)
    expect(statuses).toContain(400)
    expect(checksOf(action).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['the calls', 'the refusal']),
    )
  })

  test.each([
    ['a dry run', 'dry run', 1],
    ['the paginators find everything once', 'paginators', 10],
    ['the waiters are content', 'waiters', 6],
    ["botocore's validation lets nothing wrong through", 'validation', 5],
  ])('%s', (_title, about, count) => {
    expect(problemsOf(checksOf(about))).toEqual([])
    expect(checksOf(about)).toHaveLength(count)
  })
})
