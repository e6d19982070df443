import { describe, expect, test } from 'vitest'
import { MachineError } from '../agent/machine/machine-error.ts'
import { KubeError } from '../kube/errors.ts'
import { ProviderError } from '../providers/errors.ts'
import { describeError } from './log.ts'

describe('what a log line holds of an error', () => {
  test('a refusal of the API server, in its own terms', () => {
    const error = new KubeError('PATCH /api/v1/nodes/n: no', {
      status: 403,
      reason: 'Forbidden',
      cause: new Error('x'),
    })
    expect(describeError(error)).toEqual({
      type: 'KubeError',
      message: 'PATCH /api/v1/nodes/n: no',
      status: 403,
      reason: 'Forbidden',
    })
  })

  test('a refusal of the cloud, in its own terms', () => {
    const details = {
      code: 'RequestLimitExceeded',
      action: 'CreateRoute',
      requestId: 'r-1',
      cause: { headers: 'secret' },
    }
    const described = describeError(new ProviderError('throttled', 'later', details))
    expect(described).toEqual({
      type: 'ProviderError',
      message: 'later',
      class: 'throttled',
      code: 'RequestLimitExceeded',
      action: 'CreateRoute',
      requestId: 'r-1',
    })
    expect(JSON.stringify(described)).not.toContain('secret')
  })

  test('what the other half of the agent said, in its own terms', () => {
    expect(describeError(new MachineError('system', 'rename: EROFS', { errno: 30 }))).toEqual({
      type: 'MachineError',
      message: 'rename: EROFS',
      code: 'system',
      errno: 30,
    })
  })

  test('what is unexpected, with its stack', () => {
    expect(describeError(new TypeError('boom'))).toMatchObject({
      type: 'TypeError',
      message: 'boom',
      stack: expect.stringContaining('log.test.ts') as string,
    })
  })

  test('what is no error, as it is', () => {
    expect(describeError('text')).toBe('text')
  })
})
