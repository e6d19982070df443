import { afterEach, beforeEach, expect, test } from 'vitest'
import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import type { PrepareOutcome } from '../provider.ts'
import type { Target } from '../route.ts'

const { signal } = new AbortController()
let world: GcpWorld
beforeEach(async () => {
  world = await createGcpWorld()
})
afterEach(() => world.close())

const prepare = async (...targets: Target[]): Promise<readonly PrepareOutcome[] | undefined> =>
  world.provider.prepare?.(targets, signal)

test('an instance that may forward is ready, and nothing is changed', async () => {
  const { target } = await world.addNode('node-1')
  expect(await prepare(target)).toEqual([{ result: 'done', changed: false }])
  expect(world.writes()).toBe(0)
})

test('one that may not is told, with the way to mend it, and spoils no other', async () => {
  const [bad, good] = [await world.addNode('bad'), await world.addNode('good')]
  world.simulator.estate.changeInstance(bad.target.id, { canIpForward: false })
  const [first, second] = (await prepare(bad.target, good.target)) ?? []
  expect(second).toEqual({ result: 'done', changed: false })
  expect(first).toMatchObject({ result: 'failed', error: { class: 'invalid', code: 'IpForwardingOff' } })
  const message = first?.result === 'failed' ? first.error.message : ''
  expect(message).toContain('canIpForward is false')
  expect(message).toContain(
    'gcloud compute instances update-from-file bad --project conformance --zone europe-west1-b',
  )
  expect(world.simulator.estate.instance(bad.target.id).canIpForward).toBe(false)
})

test('one that is gone is not found, and spoils no other', async () => {
  const [dead, live] = [await world.addNode('dead'), await world.addNode('live')]
  await world.terminate(dead)
  expect(await prepare(dead.target, live.target)).toMatchObject([
    { result: 'failed', error: { class: 'not-found' } },
    { result: 'done', changed: false },
  ])
})

test('one that can not be looked at now fails for now', async () => {
  const { target } = await world.addNode('node-1')
  world.simulator.faults.inject({
    method: 'instances.get',
    fault: { kind: 'error', status: 403, reason: 'rateLimitExceeded' },
  })
  expect(await prepare(target)).toMatchObject([{ result: 'failed', error: { class: 'throttled' } }])
})
