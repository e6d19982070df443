import { describe, expect, test } from 'vitest'
import { silentLogger } from '../kube/log.ts'
import { parseAddress } from '../net/address.ts'
import type { NodeView, RouteProvider, TargetQuery } from '../providers/provider.ts'
import { type MemoryCall, MemoryCloud } from '../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../providers/memory/memory-provider.ts'
import { Targets } from './targets.ts'
import { instance } from './testing/values.ts'

const never = new AbortController().signal

function makeTargets(options: ConstructorParameters<typeof MemoryCloud>[0] = {}) {
  const cloud = new MemoryCloud(options)
  const targets = new Targets(memoryProvider(cloud), silentLogger, never)
  const calls = (method: MemoryCall['method']): number =>
    cloud.calls.filter((call) => call.method === method).length
  return { cloud, targets, calls }
}

const view = (name: string, more: Partial<NodeView> = {}): NodeView => ({
  name,
  providerID: `memory:///${name}`,
  addresses: [],
  ...more,
})
const queries = (...names: readonly string[]): readonly TargetQuery[] =>
  names.map((name) => ({ node: view(name), family: 4 }))

describe('resolve', () => {
  test('asks once for a node as it is', async () => {
    const { cloud, targets, calls } = makeTargets()
    cloud.addInstance('a')
    expect(targets.cached(view('a'), 4)).toBeUndefined()
    expect(await targets.resolve(view('a'), 4)).toEqual(instance('a'))
    expect(await targets.resolve(view('a'), 4)).toEqual(instance('a'))
    expect(targets.cached(view('a'), 4)).toEqual(instance('a'))
    expect(calls('targets')).toBe(1)
  })

  test('who comes while the cloud is being asked waits for that answer', async () => {
    const asked = Promise.withResolvers<undefined>()
    const gate = Promise.withResolvers<undefined>()
    const { cloud, targets, calls } = makeTargets({
      before: () => {
        asked.resolve(undefined)
        return gate.promise
      },
    })
    cloud.addInstance('a')
    const first = targets.resolve(view('a'), 4)
    await asked.promise
    const second = targets.resolve(view('a'), 4)
    gate.resolve(undefined)
    expect(await Promise.all([first, second])).toEqual([instance('a'), instance('a')])
    expect(calls('targets')).toBe(1)
  })

  test('asks again for a node that changed', async () => {
    const { cloud, targets, calls } = makeTargets()
    cloud.addInstance('a')
    await targets.resolve(view('a'), 4)
    expect(targets.cached(view('a', { addresses: [parseAddress('10.0.0.1')] }), 4)).toBeUndefined()
    await targets.resolve(view('a', { providerID: 'memory:///b' }), 4)
    expect(calls('targets')).toBe(2)
  })

  test('asks again about a problem', async () => {
    const { cloud, targets } = makeTargets()
    expect(await targets.resolve(view('a'), 4)).toMatchObject({ problem: 'gone' })
    cloud.addInstance('a')
    expect(await targets.resolve(view('a'), 4)).toEqual(instance('a'))
  })

  test('one call for all that come at once; one without an instance spoils nobody', async () => {
    const { cloud, targets, calls } = makeTargets()
    cloud.addInstance('a')
    cloud.addInstance('c')
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => targets.resolve(view(name), 4)))
    expect(answers).toMatchObject([instance('a'), { problem: 'gone' }, instance('c')])
    expect(calls('targets')).toBe(1)
  })

  test('a call that fails fails for those who wait, and the next one is made', async () => {
    const { cloud, targets } = makeTargets()
    cloud.addInstance('a')
    cloud.fail({ at: 'targets', class: 'throttled' })
    await expect(targets.resolve(view('a'), 4)).rejects.toMatchObject({ class: 'throttled' })
    expect(await targets.resolve(view('a'), 4)).toEqual(instance('a'))
  })

  test('doubted, it is asked about again, and is what it was until the answer comes', async () => {
    const { cloud, targets, calls } = makeTargets()
    cloud.addInstance('a')
    targets.doubt('a')
    await targets.resolve(view('a'), 4)
    targets.doubt('a')
    expect(targets.cached(view('a'), 4)).toEqual(instance('a'))
    await targets.resolve(view('a'), 4)
    await targets.resolve(view('a'), 4)
    expect(calls('targets')).toBe(2)
  })

  test('forgotten, it is looked up afresh, both families', async () => {
    const { cloud, targets } = makeTargets()
    cloud.addInstance('a')
    await targets.resolve(view('a'), 4)
    await targets.resolve(view('a'), 6)
    targets.forget('a')
    expect([targets.cached(view('a'), 4), targets.cached(view('a'), 6)]).toEqual([undefined, undefined])
  })
})

describe('prepare', () => {
  // aws_routes.go sets the source/destination check on every create.
  test('once, whatever the number of routes', async () => {
    const { cloud, targets, calls } = makeTargets()
    cloud.addInstance('a')
    expect(targets.prepared(instance('a'))).toBe(false)
    expect(await targets.prepare(instance('a'))).toEqual({ result: 'done', changed: true })
    expect(await targets.prepare(instance('a'))).toEqual({ result: 'done', changed: false })
    expect(targets.prepared(instance('a'))).toBe(true)
    expect(calls('prepare')).toBe(1)
  })

  test('failed, it is not prepared, says why, and is tried again', async () => {
    const { cloud, targets } = makeTargets()
    cloud.addInstance('a')
    cloud.fail({ at: 'prepare', class: 'unauthorized' })
    expect(await targets.prepare(instance('a'))).toMatchObject({ error: { class: 'unauthorized' } })
    expect(targets.prepared(instance('a'))).toBe(false)
    expect(targets.preparation(instance('a'))).toMatchObject({ error: { class: 'unauthorized' } })
    await targets.prepare(instance('a'))
    expect(targets.prepared(instance('a'))).toBe(true)
  })

  test('where the cloud needs none, it is done', async () => {
    const provider: RouteProvider = memoryProvider(new MemoryCloud())
    delete provider.prepare
    const targets = new Targets(provider, silentLogger, never)
    expect(await targets.prepare(instance('a'))).toEqual({ result: 'done', changed: false })
    expect(targets.prepared(instance('a'))).toBe(true)
  })
})

describe('refresh tells what has to be looked at', () => {
  test('nothing, where nothing changed', async () => {
    const { cloud, targets } = makeTargets()
    for (const name of ['a', 'b']) cloud.addInstance(name)
    expect(await targets.refresh(queries('a', 'b'))).toEqual([true, true])
    expect(await targets.refresh(queries('a', 'b'))).toEqual([false, false])
  })

  test('a node whose instance went', async () => {
    const { cloud, targets } = makeTargets()
    for (const name of ['a', 'b']) cloud.addInstance(name)
    await targets.refresh(queries('a', 'b'))
    cloud.terminate('b')
    expect(await targets.refresh(queries('a', 'b'))).toEqual([false, true])
    expect(targets.cached(view('b'), 4)).toMatchObject({ problem: 'gone' })
  })

  test('a target that can’t be made to forward', async () => {
    const { cloud, targets } = makeTargets()
    cloud.addInstance('a')
    await targets.refresh(queries('a'))
    cloud.fail({ at: 'prepare', class: 'throttled' })
    expect(await targets.refresh(queries('a'))).toEqual([true])
    expect(targets.prepared(instance('a'))).toBe(false)
  })

  test('nobody: no call', async () => {
    const { cloud, targets } = makeTargets()
    expect(await targets.refresh([])).toEqual([])
    expect(cloud.calls).toEqual([])
  })

  test('1,000 nodes: a few calls', async () => {
    const { cloud, targets, calls } = makeTargets()
    const names = Array.from({ length: 1_000 }, (_, i) => `node-${i}`)
    for (const name of names) cloud.addInstance(name)
    await targets.refresh(queries(...names))
    expect(calls('targets')).toBe(5)
    expect(calls('prepare')).toBeLessThan(20)
  })
})
