import { expect, test } from 'vitest'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import { type CallOptions, type Ec2, call, reserve } from './call.ts'
import type { Ec2Action, Ec2Api } from './ec2-api.ts'

/** Nothing of it is called here. */
const api = {} as Ec2Api
const { signal } = new AbortController()

async function timeOf(action: Ec2Action, writeTimeoutMs: number | undefined): Promise<number | undefined> {
  const ec2: Ec2 = { api, budget: ampleBudget(), writeTimeoutMs }
  const seen: CallOptions[] = []
  const send = (_api: Ec2Api, options: CallOptions): Promise<number> => Promise.resolve(seen.push(options))
  await call(ec2, action, signal, send)
  using turn = await reserve(ec2, action, signal)
  await turn.send(send)
  expect(seen[1]).toEqual(seen[0])
  return seen[0]?.requestTimeout
}

test.each<readonly [Ec2Action, number | undefined, number | undefined]>([
  ['CreateRoute', 320, 320],
  ['ReplaceRoute', 320, 320],
  ['DeleteRoute', 320, 320],
  ['ModifyNetworkInterfaceAttribute', 320, 320],
  ['AssignIpv6Addresses', 320, 320],
  ['DescribeRouteTables', 320, undefined],
  ['GetSubnetCidrReservations', 320, undefined],
  ['CreateRoute', undefined, undefined],
])('%s, where writes have %s ms, is given %s', async (action, writeTimeoutMs, given) => {
  expect(await timeOf(action, writeTimeoutMs)).toBe(given)
})
