import { EC2 } from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ampleBudget } from '../../../test/conformance/ample-budget.ts'
import {
  type Fixture,
  type World,
  buildWorld,
  startFixture,
} from '../../../test/simulators/ec2/sdk-fixture.ts'
import { describeTables, tablesById } from '../route-table.ts'
import { isAwsHost, watchAnswerer } from './answerer.ts'
import type { Trial } from './trial.ts'
import { tryWrites } from './trials.ts'

const signal = new AbortController().signal

let fixture: Fixture
let world: World
beforeEach(async () => {
  fixture = await startFixture()
  world = await buildWorld(fixture.ec2)
})
afterEach(() => fixture.close())

async function tryAll(isAws: boolean): Promise<readonly Trial[]> {
  const ec2 = { api: fixture.ec2, budget: ampleBudget() }
  const [query = []] = tablesById([world.tableId])
  const tables = await describeTables(ec2, query, signal)
  const eni = {
    id: world.interfaceId,
    sourceDestCheck: true,
    subnetId: world.subnetA,
    groups: [],
    delegated: [],
  }
  return tryWrites({ ec2, tables, interfaces: [eni], isAws, attempt: (work) => work() }, signal)
}
const ofCheck = (trials: readonly Trial[]): Trial | undefined =>
  trials.find(({ action }) => action === 'ModifyNetworkInterfaceAttribute')

test('AWS itself keeps its promise: the check is tried where it is on, and stays on', async () => {
  expect(ofCheck(await tryAll(true))).toEqual({
    action: 'ModifyNetworkInterfaceAttribute',
    resource: world.interfaceId,
    answer: { result: 'allowed' },
  })
  const { NetworkInterfaces } = await fixture.ec2.describeNetworkInterfaces({
    NetworkInterfaceIds: [world.interfaceId],
  })
  expect(NetworkInterfaces?.[0]?.SourceDestCheck).toBe(true)
})

test('nobody else is trusted with it', async () => {
  expect(ofCheck(await tryAll(false))?.answer.result).toBe('untold')
  const asked = fixture.simulator.calls.map(({ action }) => action)
  expect(asked).not.toContain('ModifyNetworkInterfaceAttribute')
})

test('an answer that says nothing of permissions', async () => {
  const fault = { kind: 'error', code: 'InternalError', status: 500, message: 'oops' } as const
  fixture.simulator.faults.inject({ action: 'CreateRoute', fault })
  const [create] = await tryAll(false)
  expect(create?.answer).toMatchObject({ result: 'untold', why: expect.stringContaining('oops') as unknown })
})

test.each([
  ['ec2.eu-central-1.amazonaws.com', true],
  ['ec2.cn-north-1.amazonaws.com.cn', true],
  ['ec2.eu-central-1.api.aws', true],
  ['vpce-0a1b.ec2.eu-central-1.vpce.amazonaws.com', true],
  ['127.0.0.1', false],
  ['ec2.eu-central-1.amazonaws.com.example.org', false],
  ['notamazonaws.com', false],
])('%s is AWS: %j', (host, is) => {
  expect(isAwsHost(host)).toBe(is)
})

test('where the requests went', async () => {
  const isAws = watchAnswerer(fixture.ec2)
  expect(isAws()).toBe(false)
  await fixture.ec2.describeVpcs({})
  expect(isAws()).toBe(false)

  const handle = (): Promise<never> => Promise.reject(new Error('there is no network here'))
  const unreached = new EC2({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: { handle },
  })
  const isAwsToo = watchAnswerer(unreached)
  await expect(unreached.describeVpcs({})).rejects.toThrow('no network')
  expect(isAwsToo()).toBe(true)
})
