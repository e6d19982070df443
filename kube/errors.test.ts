import { describe, expect, test } from 'vitest'
import {
  errorFromStatus,
  isAlreadyExists,
  isConflict,
  isGone,
  isNotFound,
  isRetryable,
  KubeError,
} from './errors.ts'

const now = Date.UTC(2026, 0, 1)
const status = (code: number, reason: string, details: unknown = {}): string =>
  JSON.stringify({ kind: 'Status', code, reason, message: `because of ${reason}`, details })

describe('errorFromStatus', () => {
  test('reads reason, message, causes and the time to wait from a Status', () => {
    const error = errorFromStatus(
      {
        status: 422,
        body: status(422, 'Invalid', {
          retryAfterSeconds: 3,
          causes: [{ reason: 'FieldValueInvalid', field: 'spec.podCIDRs', message: 'is immutable' }, 7],
        }),
      },
      'PATCH /api/v1/nodes/n',
      now,
    )
    expect(error).toMatchObject({ status: 422, reason: 'Invalid', retryAfterMs: 3000 })
    expect(error.message).toBe('PATCH /api/v1/nodes/n: because of Invalid')
    expect(error.details.causes).toEqual([
      { reason: 'FieldValueInvalid', field: 'spec.podCIDRs', message: 'is immutable' },
    ])
  })

  test.each([
    ['seconds', '7', 7000],
    ['a date', 'Thu, 01 Jan 2026 00:00:09 GMT', 9000],
    ['a date gone by', 'Thu, 01 Jan 2025 00:00:00 GMT', 0],
    ['nonsense', 'soon', undefined],
    ['nothing', undefined, undefined],
  ])('Retry-After as %s', (_, retryAfter, expected) => {
    const body = status(429, 'TooManyRequests')
    expect(errorFromStatus({ status: 429, body, retryAfter }, 'GET /', now).retryAfterMs).toBe(expected)
  })

  test('the header counts before the Status', () => {
    const body = status(429, 'TooManyRequests', { retryAfterSeconds: 1 })
    expect(errorFromStatus({ status: 429, body, retryAfter: '5' }, 'GET /', now).retryAfterMs).toBe(5000)
  })

  test.each([
    ['a page of a load balancer', '<html>secret backend 10.0.0.7</html>'],
    ['nothing', ''],
    ['JSON that is no Status', '{"kind":"Pod"}'],
  ])('%s instead of a Status gives the number and quotes nothing', (_, body) => {
    const error = errorFromStatus({ status: 502, body }, 'GET /api/v1/nodes', now)
    expect(error).toMatchObject({ status: 502, reason: 'Http502' })
    expect(error.message).toBe('GET /api/v1/nodes: HTTP status 502 without a Kubernetes Status')
  })

  test('the Status of an ERROR event brings its own code', () => {
    const body: unknown = JSON.parse(status(410, 'Expired'))
    expect(errorFromStatus({ status: 0, body }, 'WATCH', now)).toMatchObject({
      status: 410,
      reason: 'Expired',
    })
  })
})

describe('predicates', () => {
  const of = (code: number, reason: string): KubeError => new KubeError('x', { status: code, reason })
  const cases = [
    ['NotFound', of(404, 'NotFound'), { notFound: true }],
    ['Conflict', of(409, 'Conflict'), { conflict: true }],
    ['AlreadyExists', of(409, 'AlreadyExists'), { alreadyExists: true }],
    ['410 Gone', of(410, 'Gone'), { gone: true }],
    ['410 Expired', of(410, 'Expired'), { gone: true }],
    ['no answer', of(0, 'Unreachable'), { retryable: true }],
    ['429', of(429, 'TooManyRequests'), { retryable: true }],
    ['500', of(500, 'InternalError'), { retryable: true }],
    ['403', of(403, 'Forbidden'), {}],
    ['another error', new Error('x'), {}],
  ] as const
  test.each(cases)('%s', (_, error, expected) => {
    expect({
      notFound: isNotFound(error),
      conflict: isConflict(error),
      alreadyExists: isAlreadyExists(error),
      gone: isGone(error),
      retryable: isRetryable(error),
    }).toEqual({
      notFound: false,
      conflict: false,
      alreadyExists: false,
      gone: false,
      retryable: false,
      ...expected,
    })
  })
})
