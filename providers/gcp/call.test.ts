import { expect, test } from 'vitest'
import { systemClock } from '../../kube/clock.ts'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import { type Gce, call } from './call.ts'
import type { CallOptions, GceApi, GceCall } from './gce-api.ts'

/** Nothing of it is called here. */
const api = {} as GceApi
const { signal } = new AbortController()

test.each<readonly [GceCall, number | undefined, number | undefined]>([
  ['insertRoute', 320, 320],
  ['deleteRoute', 320, 320],
  ['updateNetworkInterface', 320, 320],
  ['listRoutes', 320, undefined],
  // A POST that changes nothing: it waits for what was begun.
  ['waitForGlobalOperation', 320, undefined],
  ['insertRoute', undefined, undefined],
])('%s, where writes have %s ms, is given %s', async (name, writeTimeoutMs, given) => {
  const gce: Gce = { api, budget: ampleBudget(), clock: systemClock, writeTimeoutMs }
  const options = await call(gce, name, signal, (_api, seen: CallOptions) => Promise.resolve(seen))
  expect(options.timeoutMs).toBe(given)
})
