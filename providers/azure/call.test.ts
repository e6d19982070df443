import { expect, test } from 'vitest'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import type { ArmRequest } from './arm-api.ts'
import { type Arm, call, callWith } from './call.ts'

const { signal } = new AbortController()

test.each<readonly [what: string, Partial<ArmRequest>, number | undefined, number | undefined]>([
  ['a write of whatever is there', { method: 'PUT' }, 320, 320],
  // It holds only for what its writer saw, whenever it arrives.
  ['a write for a revision', { method: 'PUT', ifMatch: 'W/"1"' }, 320, undefined],
  ['a reading', { method: 'GET' }, 320, undefined],
  ['a question by POST', { method: 'POST' }, 320, undefined],
  ['a write where nobody leads', { method: 'PUT' }, undefined, undefined],
])('%s', async (_what, request, writeTimeoutMs, given) => {
  const seen: ArmRequest[] = []
  const arm: Arm = {
    api: {
      send: (sent) => {
        seen.push(sent)
        return Promise.resolve({ status: 200, headers: {}, body: {} })
      },
    },
    budget: ampleBudget(),
    writeTimeoutMs,
  }
  const whole: ArmRequest = { operation: 'o', method: 'GET', path: '/', ...request }
  await call(arm, whole, signal)
  using permit = await arm.budget.reserve('Read', signal)
  await callWith(permit, arm, whole, signal)
  expect(seen.map(({ timeoutMs }) => timeoutMs)).toEqual([given, given])
})
