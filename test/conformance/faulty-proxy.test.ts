import { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import type { Fault } from '../simulators/ec2/faults.ts'
import { type RunningServer, serve } from '../simulators/http-server.ts'
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts'

const simulator = createEc2Simulator({ region: 'eu-central-1' })
let server: RunningServer
let proxy: FaultyProxy
let ec2: EC2

beforeAll(async () => {
  server = await serve(simulator)
  proxy = await startFaultyProxy(server.url)
  ec2 = new EC2({
    region: 'eu-central-1',
    endpoint: proxy.url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true },
  })
})

afterAll(async () => {
  ec2.destroy()
  await proxy.close()
  await server.close()
})

const create = (): Promise<string | undefined> =>
  ec2.createVpc({ CidrBlock: '10.0.0.0/16' }).then(({ Vpc }) => Vpc?.VpcId)

test('passes on what is asked and what is answered, refusals too', async () => {
  const id = await create()
  expect(id).toMatch(/^vpc-/)
  const { Vpcs } = await ec2.describeVpcs({ VpcIds: id === undefined ? [] : [id] })
  expect(Vpcs).toMatchObject([{ VpcId: id }])
  await expect(ec2.createVpc({ CidrBlock: 'nonsense' })).rejects.toMatchObject({
    name: 'InvalidParameterValue',
    $metadata: { httpStatusCode: 400 },
  })
})

test.each<[what: string, fault: Fault, error: object, happened: boolean]>([
  [
    'an error',
    { kind: 'error', code: 'UnauthorizedOperation', status: 403 },
    { name: 'UnauthorizedOperation', $metadata: { httpStatusCode: 403 } },
    false,
  ],
  [
    'throttling',
    { kind: 'error', code: 'RequestLimitExceeded' },
    { name: 'RequestLimitExceeded', $metadata: { httpStatusCode: 503 } },
    false,
  ],
  ['a lost request', { kind: 'reset-before' }, { code: 'ECONNRESET' }, false],
  ['a lost answer', { kind: 'reset-after' }, { code: 'ECONNRESET' }, true],
  ['no answer, nothing done', { kind: 'hang-before' }, { name: 'TimeoutError' }, false],
  ['no answer, all done', { kind: 'hang-after' }, { name: 'TimeoutError' }, true],
])('%s strikes once', async (_what, fault, error, happened) => {
  const before = simulator.calls.length
  proxy.faults.inject({ action: 'CreateVpc', fault })
  await expect(create()).rejects.toMatchObject(error)
  expect(simulator.calls.length - before).toBe(happened ? 1 : 0)
  expect(await create()).toMatch(/^vpc-/)
})
