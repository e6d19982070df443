import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { Change } from '../provider.ts'
import type { Target } from '../route.ts'
import { VirtualArm, tableId } from './testing/virtual-arm.ts'

const signal = new AbortController().signal
const table = { id: tableId }
const create = (text: string, target: Target): Change => ({
  op: 'create',
  destination: parseCidr(text),
  target,
})

/** How long after the write was done the provider says that packets follow it. */
async function waitOf(
  world: VirtualArm,
  options: Parameters<VirtualArm['providerWith']>[0],
  changes?: readonly Change[],
): Promise<number> {
  const [target = { kind: 'other', id: '' }] = world.addMachines(1)
  const made = changes ?? [create('10.244.3.0/24', target)]
  const provider = world.providerWith(options)
  await world.until(provider.apply(table, { changes: made }, signal))
  const start = world.clock.monotonic()
  await world.until(provider.untilEffective?.(table, made, signal) ?? Promise.resolve())
  return world.clock.monotonic() - start
}

// https://github.com/kubernetes-sigs/cloud-provider-azure/issues/527, https://github.com/kubernetes-sigs/cloud-provider-azure/pull/528
describe('done but not effective', () => {
  test('ten seconds, unless told', async () => {
    expect(await waitOf(new VirtualArm(), {})).toBe(10_000)
    expect(await waitOf(new VirtualArm(), { effectiveMs: 2_500 })).toBe(2_500)
    expect(await waitOf(new VirtualArm(), { effectiveMs: 0 })).toBe(0)
  })

  test('of what was deleted nothing is waited for', async () => {
    const target: Target = { kind: 'address', id: '10.0.1.4' }
    const gone: Change = { op: 'delete', destination: parseCidr('10.244.3.0/24'), from: target }
    expect(await waitOf(new VirtualArm(), {}, [gone])).toBe(0)
  })

  test('asked, Azure may say so sooner', async () => {
    const ms = await waitOf(new VirtualArm({ effectiveMs: 3_000 }), {
      effectiveMs: 30_000,
      askEffective: true,
    })
    expect(ms).toBeGreaterThan(3_000)
    expect(ms).toBeLessThan(8_000)
  })

  test('asked, but not yet: the wait is the longest', async () => {
    const world = new VirtualArm({ effectiveMs: 60_000 })
    expect(await waitOf(world, { effectiveMs: 10_000, askEffective: true })).toBe(10_000)
  })

  test.each(['NetworkInterfaces_GetEffectiveRouteTable', 'NetworkInterfaces_List'])(
    'asked, and refused at %s: the wait it is',
    async (operation) => {
      const world = new VirtualArm()
      world.simulator.faults.inject({
        operation,
        times: 1_000,
        fault: { kind: 'error', status: 403, code: 'AuthorizationFailed' },
      })
      expect(await waitOf(world, { askEffective: true })).toBe(10_000)
    },
  )

  test('an abort ends the wait with its reason', async () => {
    const world = new VirtualArm()
    const [target = { kind: 'other', id: '' }] = world.addMachines(1)
    const abort = new AbortController()
    const wait = world.providerWith().untilEffective?.(table, [create('10.244.3.0/24', target)], abort.signal)
    abort.abort(new Error('the lease is lost'))
    await expect(wait).rejects.toThrow('the lease is lost')
  })
})
