import { beforeAll, expect, test } from 'vitest'
import { describeWithPython } from '../python/describe-with-python.ts'
import { METHODS } from '../simulators/gce/catalogue.ts'
import { createGceSimulator } from '../simulators/gce/gce-simulator.ts'
import { buildWorld } from '../simulators/gce/sdk-fixture.ts'
import { serve } from '../simulators/http-server.ts'
import { type Check, type WalkedAnswer, ensureGceClient, exercise } from './run.ts'

await describeWithPython('google-cloud-compute for Python and the Compute Engine simulator', () => {
  let answers: readonly WalkedAnswer[]
  let checks: readonly Check[]

  beforeAll(async () => {
    const client = await ensureGceClient()
    const simulator = createGceSimulator({ rates: 'off' })
    buildWorld(simulator)
    const server = await serve(simulator)
    try {
      const reports = await exercise(client, server.url)
      answers = reports.filter((each) => each.kind === 'answer')
      checks = reports.filter((each) => each.kind === 'check')
    } finally {
      await server.close()
    }
  })

  test.each([...METHODS.keys()])("%s: every field is the discovery document's and of its type", (method) => {
    const found = answers.filter((answer) => answer.method === method)
    expect([...new Set(found.flatMap(({ problems }) => problems))]).toEqual([])
    const statuses = found.map(({ status }) => status)
    expect(statuses).toContain(200)
    expect(statuses.some((status) => status >= 400)).toBe(true)
  })

  test('the client takes from the answers what they say', () => {
    expect(checks.flatMap(({ problems }) => problems)).toEqual([])
    expect(checks.length).toBeGreaterThan(30)
  })
})
