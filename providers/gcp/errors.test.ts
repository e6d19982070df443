import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import type { Fault } from '../../test/simulators/gce/faults.ts'
import { rateLimitExceeded } from '../../test/simulators/gce/rate-limits.ts'
import { errorBody } from '../../test/simulators/gce/errors.ts'
import { systemClock } from '../../kube/clock.ts'
import type { ErrorClass, ProviderError } from '../errors.ts'
import { type Gce, call } from './call.ts'
import { CredentialsError } from './credentials-error.ts'
import { classify, operationError } from './errors.ts'

const { signal } = new AbortController()
let world: GcpWorld
beforeAll(async () => {
  world = await createGcpWorld()
})
afterAll(() => world.close())

/** What the SDK makes of the fault, and we of that. */
async function failureOf(write: boolean, fault: Fault): Promise<ProviderError> {
  const gce: Gce = {
    api: world.client.api,
    budget: ampleBudget(),
    clock: { ...systemClock, now: () => 45_000 },
  }
  const { project } = world
  world.simulator.faults.inject({ method: write ? 'routes.insert' : 'routes.list', fault })
  const sent: Promise<unknown> = write
    ? call(gce, 'insertRoute', signal, (api, options) =>
        api.insertRoute({ project, routeResource: { name: 'r' } }, options),
      )
    : call(gce, 'listRoutes', signal, (api, options) => api.listRoutes({ project, maxResults: 1 }, options))
  const error: unknown = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error as ProviderError
}

/** As Google sends them. */
const body = (status: number, reason: string, message: string, more: object = {}): Fault => ({
  kind: 'page',
  status,
  body: JSON.stringify({
    error: { code: status, message, errors: [{ message, domain: 'global', reason }], ...more },
  }),
})
const rateLimit: Fault = {
  kind: 'page',
  status: 403,
  body: errorBody(rateLimitExceeded('p', 'mutation', 1500)),
}
const info = (reason: string): object => ({
  status: 'PERMISSION_DENIED',
  details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }],
})

describe('by Google’s reason, then by the status', () => {
  test.each<[name: string, fault: Fault, code: string, read: ErrorClass, write: ErrorClass]>([
    // 403 and PERMISSION_DENIED, both of them: https://docs.cloud.google.com/compute/api-quota
    ['a rate limit', rateLimit, 'rateLimitExceeded', 'throttled', 'throttled'],
    [
      'a missing permission',
      body(403, 'forbidden', "Required 'compute.routes.create' permission for 'projects/p'"),
      'forbidden',
      'unauthorized',
      'unauthorized',
    ],
    [
      'a scope that is too small',
      body(
        403,
        'insufficientPermissions',
        'Insufficient Permission',
        info('ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
      ),
      'insufficientPermissions',
      'unauthorized',
      'unauthorized',
    ],
    [
      'an API that is off',
      body(403, 'accessNotConfigured', 'Compute Engine API has not been used', info('SERVICE_DISABLED')),
      'accessNotConfigured',
      'unauthorized',
      'unauthorized',
    ],
    [
      'a reason that nobody knows, at 403',
      body(403, 'newReason', 'no'),
      'newReason',
      'unauthorized',
      'unauthorized',
    ],
    [
      'a resource quota',
      body(403, 'quotaExceeded', "Quota 'ROUTES' exceeded.  Limit: 300.0"),
      'quotaExceeded',
      'quota',
      'quota',
    ],
    [
      'no token',
      body(401, 'required', 'Request is missing required authentication credential.'),
      'required',
      'unauthorized',
      'unauthorized',
    ],
    [
      'a token that is over',
      body(401, 'authError', 'Invalid Credentials'),
      'authError',
      'unauthorized',
      'unauthorized',
    ],
    [
      'what is not there',
      body(404, 'notFound', "The resource 'projects/p/global/networks/n' was not found"),
      'notFound',
      'not-found',
      'not-found',
    ],
    [
      'what is there',
      body(409, 'alreadyExists', "The resource 'projects/p/global/routes/r' already exists"),
      'alreadyExists',
      'changed',
      'changed',
    ],
    [
      'a fingerprint of before',
      body(412, 'conditionNotMet', 'Invalid fingerprint.'),
      'conditionNotMet',
      'changed',
      'changed',
    ],
    [
      'what is busy',
      body(400, 'resourceNotReady', "The resource 'projects/p/global/routes/r' is not ready"),
      'resourceNotReady',
      'transient',
      'transient',
    ],
    [
      'a bad field',
      body(400, 'invalid', "Invalid value for field 'resource.destRange'"),
      'invalid',
      'invalid',
      'invalid',
    ],
    [
      'a field that is missing',
      body(400, 'required', "Required field 'resource.name' not specified"),
      'required',
      'invalid',
      'invalid',
    ],
    ['429', body(429, 'newReason', 'slow down'), 'newReason', 'throttled', 'throttled'],
    [
      'a server’s fault',
      body(503, 'backendError', 'Internal error.'),
      'backendError',
      'transient',
      'unknown-outcome',
    ],
    [
      'a page of a proxy, 403',
      { kind: 'page', status: 403, body: '<html>no</html>' },
      'HTTP 403',
      'transient',
      'transient',
    ],
    [
      'a page of a proxy, 502',
      { kind: 'page', status: 502, body: '<html>bad</html>' },
      'HTTP 502',
      'transient',
      'unknown-outcome',
    ],
    [
      'an empty answer, 500',
      { kind: 'page', status: 500, body: '' },
      'HTTP 500',
      'transient',
      'unknown-outcome',
    ],
    [
      'JSON that is no error',
      { kind: 'page', status: 400, body: '[]' },
      'HTTP 400',
      'transient',
      'transient',
    ],
  ])('%s', async (_name, fault, code, read, write) => {
    expect(await failureOf(false, fault)).toMatchObject({
      name: 'ProviderError',
      class: read,
      code,
      action: 'routes.list',
    })
    expect(await failureOf(true, fault)).toMatchObject({ class: write, code, action: 'routes.insert' })
  })

  test('a connection that breaks leaves open what was written', async () => {
    expect(await failureOf(false, { kind: 'reset-before' })).toMatchObject({ class: 'transient' })
    expect(await failureOf(true, { kind: 'reset-before' })).toMatchObject({ class: 'unknown-outcome' })
  })

  test('an answer that is no list does not pass for an empty one', async () => {
    world.simulator.faults.inject({ method: 'routes.list', fault: { kind: 'page', status: 200, body: '{}' } })
    const table = await world.addTable('empty')
    await expect(world.provider.list(table, signal)).rejects.toMatchObject({
      class: 'transient',
      code: 'NoList',
    })
  })
})

describe('what is told', () => {
  test('a missing permission, by its name, and what Google says', async () => {
    const fault = body(403, 'forbidden', "Required 'compute.routes.create' permission for 'projects/p'")
    expect((await failureOf(true, fault)).message).toBe(
      "the permission compute.routes.create is missing for routes.insert: Required 'compute.routes.create' permission for 'projects/p' (forbidden)",
    )
  })

  test('a throttled call waits for the next minute of the clock, or as long as Google says', async () => {
    expect(await failureOf(true, rateLimit)).toMatchObject({ retryAfterMs: 15_000 })
    const told: Fault = { kind: 'error', status: 429, reason: 'x', headers: { 'retry-after': '7' } }
    expect(await failureOf(true, told)).toMatchObject({ retryAfterMs: 7_000 })
    expect((await failureOf(true, body(400, 'invalid', 'no'))).retryAfterMs).toBeUndefined()
  })
})

test.each<[name: string, error: Error, errorClass: ErrorClass, message: string]>([
  [
    'there are no credentials',
    new CredentialsError('Could not load the default credentials.', { passes: false, cause: undefined }),
    'unauthorized',
    'no Google credentials for routes.insert: Could not load the default credentials.',
  ],
  [
    'nobody gives a token just now',
    new CredentialsError('socket hang up', { passes: true, cause: undefined }),
    'transient',
    'routes.insert failed: socket hang up (CredentialsUnreachable)',
  ],
  [
    'nobody listens',
    new Error('fetch failed', {
      cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }),
    }),
    'transient',
    'routes.insert failed: fetch failed: connect ECONNREFUSED (ECONNREFUSED)',
  ],
  [
    'something else',
    new Error('boom'),
    'unknown-outcome',
    'routes.insert may or may not have happened: boom (Unknown)',
  ],
])('nothing was sent, or nobody knows: %s', (_name, error, errorClass, message) => {
  expect(classify(error, 'insertRoute', 0)).toMatchObject({ class: errorClass, message })
})

describe('operations', () => {
  const failed = (code: string, status: number): ProviderError | undefined =>
    operationError(
      {
        name: 'op-1',
        status: 'DONE',
        httpErrorStatusCode: status,
        error: { errors: [{ code, message: 'why' }] },
      },
      'insertRoute',
      0,
    )

  test.each<[code: string, status: number, errorClass: ErrorClass]>([
    ['QUOTA_EXCEEDED', 403, 'quota'],
    ['RESOURCE_ALREADY_EXISTS', 409, 'changed'],
    ['RESOURCE_NOT_FOUND', 404, 'not-found'],
    ['RESOURCE_NOT_READY', 400, 'transient'],
    ['RATE_LIMIT_EXCEEDED', 403, 'throttled'],
    ['INVALID_FIELD_VALUE', 400, 'invalid'],
    ['PERMISSIONS_ERROR', 403, 'unauthorized'],
    // It has ended: nothing is open any more.
    ['INTERNAL_ERROR', 500, 'transient'],
  ])('%s', (code, status, errorClass) => {
    expect(failed(code, status)).toMatchObject({
      class: errorClass,
      code,
      requestId: 'op-1',
      action: 'routes.insert',
    })
  })

  test('one that has ended well is no error, one with a status alone is', () => {
    expect(operationError({ status: 'DONE' }, 'insertRoute', 0)).toBeUndefined()
    expect(operationError({ status: 'DONE', httpErrorStatusCode: 404 }, 'insertRoute', 0)).toMatchObject({
      class: 'not-found',
    })
  })
})
