import { expect, test } from 'vitest'
import type { ErrorClass } from '../../providers/errors.ts'
import { type Retry, retryOf } from './retry.ts'

test.each<[errorClass: ErrorClass, retryAfterMs: number | undefined, retry: Retry]>([
  ['throttled', undefined, { kind: 'soon' }],
  ['throttled', 7_000, { kind: 'after', ms: 7_000 }],
  ['throttled', 0, { kind: 'soon' }],
  ['throttled', -1, { kind: 'soon' }],
  ['transient', undefined, { kind: 'soon' }],
  ['changed', undefined, { kind: 'reread' }],
  ['unknown-outcome', undefined, { kind: 'reread' }],
  ['not-found', undefined, { kind: 'reread' }],
  ['quota', undefined, { kind: 'after', ms: 60_000 }],
  ['unauthorized', undefined, { kind: 'after', ms: 60_000 }],
  ['invalid', undefined, { kind: 'after', ms: 300_000 }],
  ['fatal', undefined, { kind: 'never' }],
])('%s, retry after %s', (errorClass, retryAfterMs, retry) => {
  expect(retryOf({ class: errorClass, retryAfterMs })).toEqual(retry)
})
