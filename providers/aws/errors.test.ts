import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import { type RunningServer, serve } from '../../test/simulators/http-server.ts'
import type { SimulatorReply } from '../../test/simulators/simulator.ts'
import type { ErrorClass, ProviderError } from '../errors.ts'
import { call } from './call.ts'
import { createEc2Client } from './client.ts'
import type { ControllerAction } from './ec2-api.ts'

/** What arrives at the socket, for the real SDK to make its errors of. */
const document = (status: number, code: string, message = 'as EC2 says it'): SimulatorReply => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': 'req-1' },
  body:
    '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>' +
    `<Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>req-1</RequestID></Response>`,
})
const page = (status: number, body: string, headers: Record<string, string> = {}): SimulatorReply => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'text/html', ...headers },
  body,
})

interface Case {
  readonly name: string
  readonly action?: ControllerAction
  readonly reply: SimulatorReply
  readonly class: ErrorClass
  readonly code?: string
  readonly message?: RegExp
}

const cases: readonly Case[] = [
  {
    name: 'a token bucket is empty (HTTP 503, and no $retryable on the error)',
    reply: document(503, 'RequestLimitExceeded', 'Request limit exceeded.'),
    class: 'throttled',
    message: /^EC2 throttles CreateRoute: Request limit exceeded\. \(RequestLimitExceeded\)$/,
  },
  { name: 'throttled by HTTP status alone', reply: page(429, '<html>slow down</html>'), class: 'throttled' },
  {
    name: 'the table is full',
    reply: document(400, 'RouteLimitExceeded', 'The maximum number of routes has been reached.'),
    class: 'quota',
    message: /table is full: The maximum number/,
  },
  { name: 'the destination is taken', reply: document(400, 'RouteAlreadyExists'), class: 'changed' },
  {
    name: 'no route to replace',
    action: 'ReplaceRoute',
    reply: document(400, 'InvalidRoute.NotFound'),
    class: 'changed',
  },
  {
    name: 'no route to delete',
    action: 'DeleteRoute',
    reply: document(400, 'InvalidRoute.NotFound'),
    class: 'not-found',
  },
  { name: 'no such table', reply: document(400, 'InvalidRouteTableID.NotFound'), class: 'not-found' },
  {
    name: 'no such interface',
    reply: document(400, 'InvalidNetworkInterfaceID.NotFound'),
    class: 'not-found',
  },
  { name: 'a bad parameter', reply: document(400, 'InvalidParameterValue'), class: 'invalid' },
  {
    name: 'an instance of several interfaces',
    reply: document(400, 'InvalidInstanceID', 'There are multiple interfaces attached to instance'),
    class: 'invalid',
  },
  {
    name: 'a code of the future',
    reply: document(400, 'SomethingNew'),
    class: 'invalid',
    code: 'SomethingNew',
  },
  {
    name: 'a missing permission: what is missing is named, the encoded rest is cut off',
    reply: document(
      403,
      'UnauthorizedOperation',
      'You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/podway/i-1 is not ' +
        'authorized to perform: ec2:CreateRoute on resource: arn:aws:ec2:eu-central-1:123456789012:route-table/rtb-1 ' +
        'because no identity-based policy allows the ec2:CreateRoute action. Encoded authorization failure message: AbCd',
    ),
    class: 'unauthorized',
    message:
      /^the permission ec2:CreateRoute on arn:aws:ec2:eu-central-1:123456789012:route-table\/rtb-1 is missing for arn:aws:sts::123456789012:assumed-role\/podway\/i-1: no identity-based policy allows the ec2:CreateRoute action \(UnauthorizedOperation\)$/,
  },
  {
    name: 'a missing permission, encoded: that it can not be read is said',
    reply: document(
      403,
      'UnauthorizedOperation',
      'You are not authorized to perform this operation. Encoded authorization failure message: AbCdEf0123',
    ),
    class: 'unauthorized',
    message:
      /^AWS does not allow ec2:CreateRoute to these credentials: You are not authorized to perform this operation\. \(UnauthorizedOperation\); why, it says in a form that only sts:DecodeAuthorizationMessage can read$/,
  },
  { name: 'a wrong signature', reply: document(401, 'AuthFailure'), class: 'unauthorized' },
  { name: 'an expired session', reply: document(400, 'ExpiredToken'), class: 'unauthorized' },
  { name: 'a clock that is wrong', reply: document(400, 'RequestExpired'), class: 'unauthorized' },
  { name: 'something around it in the way', reply: document(400, 'IncorrectState'), class: 'transient' },
  { name: 'the service is down', reply: document(503, 'Unavailable'), class: 'transient' },
  {
    name: 'a proxy lets nothing through',
    reply: page(403, '<html>no</html>'),
    class: 'transient',
    message: /HTTP 403/,
  },
  { name: 'EC2 fails at a write', reply: document(500, 'InternalError'), class: 'unknown-outcome' },
  {
    name: 'EC2 fails at a read',
    action: 'DescribeRouteTables',
    reply: document(500, 'InternalError'),
    class: 'transient',
  },
  {
    name: 'a gateway fails at a write',
    reply: page(502, '<html><h1>Bad Gateway'),
    class: 'unknown-outcome',
    message: /^CreateRoute may or may not have happened: HTTP 502 with no answer of EC2[^\n]*$/,
  },
  { name: 'a write answered by something else', reply: page(200, 'Welcome!'), class: 'unknown-outcome' },
  {
    name: 'a read answered by something else',
    action: 'DescribeRouteTables',
    reply: page(200, 'Welcome!'),
    class: 'transient',
  },
  {
    name: 'a connection cut at a write',
    reply: { kind: 'reset' },
    class: 'unknown-outcome',
    code: 'ECONNRESET',
  },
  {
    name: 'a connection cut at a read',
    action: 'DescribeRouteTables',
    reply: { kind: 'reset' },
    class: 'transient',
  },
  { name: 'no answer to a write', reply: { kind: 'hang' }, class: 'unknown-outcome', code: 'ETIMEDOUT' },
  { name: 'no answer to a read', action: 'DescribeRouteTables', reply: { kind: 'hang' }, class: 'transient' },
  {
    name: 'an answer to a write that stops half-way',
    reply: {
      kind: 'stream',
      status: 200,
      headers: {},
      body: (async function* () {
        yield '<CreateRouteResp'
        await new Promise(() => undefined)
      })(),
    },
    class: 'unknown-outcome',
  },
]

describe('what EC2 and the way to it say, and what that means', () => {
  let reply: SimulatorReply
  let requests: number
  let server: RunningServer

  beforeEach(async () => {
    requests = 0
    server = await serve({ handle: () => (requests++, reply) })
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', server.url)
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_PROFILE', undefined)
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '127.0.0.1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await server.close()
  })

  const send = async (action: ControllerAction): Promise<unknown> => {
    // Short only where the time-out is what is tested.
    const waits = reply.kind === 'hang' || reply.kind === 'stream'
    const client = await createEc2Client(waits ? { requestTimeoutMs: 100 } : {})
    const ec2 = { api: client, budget: ampleBudget() }
    const input = { RouteTableId: 'rtb-1' }
    const signal = new AbortController().signal
    try {
      switch (action) {
        case 'CreateRoute':
          return await call(ec2, action, signal, (api, options) => api.createRoute(input, options))
        case 'ReplaceRoute':
          return await call(ec2, action, signal, (api, options) => api.replaceRoute(input, options))
        case 'DeleteRoute':
          return await call(ec2, action, signal, (api, options) => api.deleteRoute(input, options))
        case 'DescribeRouteTables':
        case 'DescribeInstances':
        case 'DescribeNetworkInterfaces':
        case 'DescribeSubnets':
        case 'ModifyNetworkInterfaceAttribute':
        case 'GetSubnetCidrReservations':
        case 'AssignIpv6Addresses':
        case 'UnassignIpv6Addresses':
          return await call(ec2, action, signal, (api, options) => api.describeRouteTables({}, options))
      }
    } finally {
      client.destroy()
    }
  }

  test.for(cases)('$name: $class', async ({ action = 'CreateRoute', code, message = /./, ...expected }) => {
    reply = expected.reply
    const error = await send(action).then(
      () => expect.fail('it succeeded'),
      (thrown: unknown) => thrown as ProviderError,
    )
    expect(error).toMatchObject({ name: 'ProviderError', class: expected.class, action })
    if (code !== undefined) expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
    expect(requests, 'the SDK does not retry').toBe(1)
  })

  test('a leader’s write is given up in its own time', async () => {
    reply = { kind: 'hang' }
    const client = await createEc2Client({ requestTimeoutMs: 2 ** 30 })
    const ec2 = { api: client, budget: ampleBudget(), writeTimeoutMs: 50 }
    const { signal } = new AbortController()
    await expect(
      call(ec2, 'DeleteRoute', signal, (api, options) => api.deleteRoute({ RouteTableId: 'r' }, options)),
    ).rejects.toMatchObject({ class: 'unknown-outcome' })
    client.destroy()
  })

  test("the request's id and the wait that was asked for are kept", async () => {
    const throttled = document(503, 'RequestLimitExceeded')
    if (throttled.kind === 'response')
      reply = { ...throttled, headers: { ...throttled.headers, 'retry-after': '7' } }
    await expect(send('CreateRoute')).rejects.toMatchObject({ requestId: 'req-1', retryAfterMs: 7000 })
  })

  test('nobody listens: nothing was sent, so even a write is transient', async () => {
    await server.close()
    await expect(send('CreateRoute')).rejects.toMatchObject({ class: 'transient', code: 'ECONNREFUSED' })
  })

  test('no credentials: unauthorized, and it says so', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
    await expect(send('CreateRoute')).rejects.toMatchObject({
      class: 'unauthorized',
      message: expect.stringMatching(/^no AWS credentials for CreateRoute/) as unknown,
    })
    expect(requests).toBe(0)
  })
})
