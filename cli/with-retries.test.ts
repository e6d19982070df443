import { expect, test } from 'vitest'
import { KubeError } from '../kube/errors.ts'
import type { ErrorClass } from '../providers/errors.ts'
import { failure } from '../reconciler/testing/values.ts'
import { withRetries } from './with-retries.ts'

const never = new AbortController().signal
const waits = { retries: 2, firstMs: 1 }

/** How often the work was tried, that never succeeds. */
async function attempts(error: Error, signal = never): Promise<number> {
  let count = 0
  const work = (): Promise<never> => {
    count++
    return Promise.reject(error)
  }
  await expect(withRetries(work, waits, signal)).rejects.toBe(error)
  return count
}

test.each<[errorClass: ErrorClass, tried: number]>([
  ['throttled', 3],
  ['transient', 3],
  ['unknown-outcome', 1],
  ['quota', 1],
  ['changed', 1],
  ['not-found', 1],
  ['unauthorized', 1],
  ['invalid', 1],
  ['fatal', 1],
])('a cloud’s answer %s is tried %d times', async (errorClass, tried) => {
  expect(await attempts(failure(errorClass))).toBe(tried)
})

test.each<[status: number, reason: string, tried: number]>([
  [429, 'TooManyRequests', 3],
  [500, 'InternalError', 3],
  [503, 'ServiceUnavailable', 3],
  [410, 'Expired', 3],
  [401, 'Unauthorized', 1],
  [403, 'Forbidden', 1],
  [404, 'NotFound', 1],
  [409, 'Conflict', 1],
  [0, 'Unreachable', 1],
  [0, 'NoCredentials', 1],
])('an API server’s answer %d %s is tried %d times', async (status, reason, tried) => {
  expect(await attempts(new KubeError('no', { status, reason }))).toBe(tried)
})

test('what is unexpected is not tried again', async () => {
  expect(await attempts(new Error('boom'))).toBe(1)
})

test('an abort ends the waiting', async () => {
  const stop = new AbortController()
  const work = (): Promise<never> => {
    stop.abort(new Error('stopped'))
    return Promise.reject(failure('throttled'))
  }
  await expect(withRetries(work, { retries: 9, firstMs: 60_000 }, stop.signal)).rejects.toThrow('stopped')
})

test('what succeeds at last', async () => {
  let count = 0
  const work = (): Promise<string> =>
    ++count < 3 ? Promise.reject(failure('throttled')) : Promise.resolve('done')
  expect(await withRetries(work, waits, never)).toBe('done')
})
