import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { legName } from '../fabric-program.ts'
import type { Fabric } from '../fabric.ts'
import { describeResult, everyPair, runProbes } from '../probe.ts'
import { mustRun } from '../run.ts'
import { type FabricState, versionOf } from '../fabric-state.ts'
import { Stage } from '../testing/stage.ts'
import { podAddresses } from '../testing/sample-pods.ts'
import { ownAddresses, routesTo, sampleFabric, sampleNodes } from './sample-vpc.ts'

let stage: Stage
let fabric: Fabric

beforeAll(async () => {
  stage = await Stage.create('aws', sampleFabric(), [
    ...sampleNodes.map((name) => ({
      name,
      port: `eni-${name}`,
      addresses: ownAddresses(name),
      pod: podAddresses(name),
    })),
    { name: 'db', port: 'eni-db', addresses: ownAddresses('db') },
  ])
  ;({ fabric } = stage)
})

afterAll(() => stage.close())

beforeEach(() => fabric.apply(sampleFabric()))

const probe = (from: string, to: string): Promise<readonly string[]> => stage.probe(from, to)

/** Whether a TCP segment reaches that node's pod during a probe: tells a lost request from a lost reply. */
async function arrives(from: string, node: string): Promise<boolean> {
  const received = async (): Promise<string> => {
    const { stdout } = await stage.machine(node).exec(['cat', '/proc/net/snmp'], { pod: 'pod' })
    const [names, values] = stdout.split('\n').filter((line) => line.startsWith('Tcp:'))
    const segments = values?.split(' ')[names?.split(' ').indexOf('InSegs') ?? -1]
    if (segments === undefined) throw new Error(`no TCP counters on ${node}`)
    return segments
  }
  const before = await received()
  await probe(from, `${node}/pod`)
  return (await received()) !== before
}

const passes = ['ok', 'ok']
const dropped = ['timeout', 'timeout']

test('with every route in the tables of the nodes, every pod reaches every pod and nobody translates', async () => {
  const pods = sampleNodes.map((name) => stage.endpoint(`${name}/pod`))
  const nodes = sampleNodes.map((name) => stage.endpoint(name))
  const report = await runProbes([...everyPair(pods), ...everyPair(nodes, pods), ...everyPair(nodes)])
  expect(report.failures.map(describeResult)).toEqual([])
  expect(report).toMatchObject({ sent: 12 + 18 + 12, ok: 42, natted: 0 })
})

describe('tables', () => {
  test('a pod range of a peer in the same subnet needs a route too', async () => {
    await fabric.apply(sampleFabric({ a: [...routesTo('a1'), ...routesTo('b1')] }))
    expect(await probe('a1/pod', 'a2/pod')).toEqual(dropped)
    expect(await probe('a1/pod', 'b1/pod')).toEqual(passes)
  })

  test('the table of the sender’s subnet decides, not that of the receiver’s', async () => {
    await fabric.apply(sampleFabric({ a: [...routesTo('a1'), ...routesTo('a2')] }))
    expect(await probe('a1/pod', 'b1/pod')).toEqual(dropped)
    expect(await arrives('a1/pod', 'b1')).toBe(false)
    expect(await arrives('b1/pod', 'a1')).toBe(true)
  })

  test('replies follow the table of their own subnet: a one-way route carries no connection', async () => {
    await fabric.apply(sampleFabric({ a: routesTo('b1'), b: [] }))
    expect(await probe('a1/pod', 'b1/pod')).toEqual(dropped)
    expect(await arrives('a1/pod', 'b1')).toBe(true)
  })

  test('a database whose table has no pod routes answers nodes and no pods', async () => {
    expect(await probe('a1', 'db')).toEqual(passes)
    expect(await probe('a1/pod', 'db')).toEqual(dropped)
    await fabric.apply(sampleFabric({ db: routesTo('a1') }))
    expect(await probe('a1/pod', 'db')).toEqual(passes)
  })

  test('the local route wins over any other route inside the VPC, however specific', async () => {
    const intruders = ['10.0.3.10/32', '10.0.3.0/24', '2001:db8:0:3::10/128'].map((destination) => ({
      destination,
      target: { kind: 'eni', id: 'eni-a2' } as const,
      state: 'active' as const,
    }))
    await fabric.apply(sampleFabric({ a: intruders }))
    expect(await probe('a1', 'db')).toEqual(passes)
  })

  test('a route around the VPC’s ranges leaves the local route alone, and a more specific one wins over it', async () => {
    const everything = ['10.0.0.0/8', '::/0'].map((destination) => ({
      destination,
      target: { kind: 'other', id: 'igw-1' } as const,
      state: 'active' as const,
    }))
    await fabric.apply(sampleFabric({ a: [...everything, ...routesTo('a1'), ...routesTo('b1')] }))
    expect(await probe('a1', 'db')).toEqual(passes)
    expect(await probe('a1/pod', 'b1/pod')).toEqual(passes)
    expect(await probe('a1/pod', 'a2/pod')).toEqual(dropped)
  })
})

describe('targets', () => {
  test('a blackhole drops', async () => {
    await fabric.apply(sampleFabric({ a: routesTo('b1', 'blackhole') }))
    expect(await probe('a1/pod', 'b1/pod')).toEqual(dropped)
  })

  test('a route to an ENI whose instance does not run drops, even if the API calls it active', async () => {
    await fabric.apply(sampleFabric({}, { b1: { up: false } }))
    expect(await probe('a1/pod', 'b1/pod')).toEqual(dropped)
    expect(await probe('a1', 'b1')).toEqual(dropped)
    expect(await probe('b1', 'a1')).toEqual(dropped)
  })

  test('a destination that moves to another target takes its packets along', async () => {
    const moved = routesTo('a1').map((route) => ({
      ...route,
      target: { kind: 'eni', id: 'eni-a2' } as const,
    }))
    await fabric.apply(sampleFabric({ a: routesTo('b1'), b: [...moved, ...routesTo('b1')] }))
    expect(await probe('b1/pod', 'a1/pod')).toEqual(dropped)
    await fabric.apply(sampleFabric({ a: routesTo('b1') }))
    expect(await probe('b1/pod', 'a1/pod')).toEqual(passes)
  })
})

describe('source/destination check', () => {
  test('an ENI with the check on receives nothing for its pods, only for itself', async () => {
    await fabric.apply(sampleFabric({}, { a2: { sourceDestCheck: true } }))
    expect(await arrives('a1/pod', 'a2')).toBe(false)
    expect(await probe('a1/pod', 'a2/pod')).toEqual(dropped)
    expect(await probe('a1', 'a2')).toEqual(passes)
  })

  test('an ENI with the check on sends nothing from its pods, only from itself', async () => {
    await fabric.apply(sampleFabric({}, { a2: { sourceDestCheck: true } }))
    expect(await arrives('a2/pod', 'a1')).toBe(false)
    expect(await probe('a2/pod', 'a1/pod')).toEqual(dropped)
    expect(await probe('a2', 'a1/pod')).toEqual(passes)
  })

  test('turned off, it lets pass at once', async () => {
    await fabric.apply(sampleFabric({}, { a2: { sourceDestCheck: true } }))
    await fabric.apply(sampleFabric())
    expect(await probe('a2/pod', 'a1/pod')).toEqual(passes)
    expect(await probe('a1/pod', 'a2/pod')).toEqual(passes)
  })
})

describe('changes', () => {
  test('a changed table leaves cables, rules and all other routes as they are', async () => {
    const read = async (): Promise<{ links: string; rules: string; routes: readonly string[] }> => {
      const ip = (...args: string[]): Promise<string> =>
        mustRun({ file: 'ip', args: ['-n', fabric.namespace, ...args] })
      return {
        links: await ip('-o', 'link'),
        rules: `${await ip('rule')}${await ip('-6', 'rule')}`,
        routes:
          `${await ip('-4', 'route', 'show', 'table', 'all')}${await ip('-6', 'route', 'show', 'table', 'all')}`.split(
            '\n',
          ),
      }
    }
    const before = await read()
    expect(before.links).toContain(legName('eni-a1'))
    await fabric.apply(sampleFabric({ a: [...routesTo('a1'), ...routesTo('a2')] }))
    const after = await read()
    expect(after.links).toBe(before.links)
    expect(after.rules).toBe(before.rules)
    expect(after.routes.filter((line) => !before.routes.includes(line))).toEqual([])
    const gone = before.routes.filter((line) => !after.routes.includes(line))
    expect(gone.map((line) => line.split(' ')[0])).toEqual(['10.244.3.0/24', 'fd00:10:244:3::/64'])
  })

  test('whoever waits for a version is told when packets follow it', async () => {
    const state = sampleFabric({ a: [] })
    const told = fabric.applied(versionOf(state), AbortSignal.timeout(10_000))
    await fabric.apply(state)
    await told
    expect(fabric.version).toBe(versionOf(state))
    await fabric.applied(versionOf(state), AbortSignal.timeout(10_000))
  })

  test('waiting for a version that never comes ends with the signal', async () => {
    const gone = new AbortController()
    const waiting = fabric.applied('never', gone.signal)
    gone.abort(new Error('enough'))
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError', cause: { message: 'enough' } })
  })

  test('a read that fails changes nothing and the next one counts', async () => {
    const end = new AbortController()
    const answers = [new Error('throttled'), sampleFabric({ a: [] }), undefined]
    const errors: unknown[] = []
    await fabric.follow({
      read: () => {
        const answer = answers.shift()
        if (answer === undefined) end.abort()
        return answer instanceof Error
          ? Promise.reject(answer)
          : Promise.resolve(answer ?? sampleFabric({ a: [] }))
      },
      pause: () => Promise.resolve(),
      signal: end.signal,
      onError: (error) => errors.push(error),
    })
    expect(errors).toMatchObject([{ message: 'throttled' }])
    expect(await probe('a1/pod', 'a2/pod')).toEqual(dropped)
  })

  test('following ends when the signal interrupts the pause, and rejects if the pause itself fails', async () => {
    const read = (): Promise<FabricState> => Promise.resolve(sampleFabric())
    const end = new AbortController()
    const interrupted = (): Promise<never> => {
      end.abort()
      return Promise.reject(new Error('interrupted'))
    }
    await fabric.follow({ read, pause: interrupted, signal: end.signal })
    const broken = (): Promise<never> => Promise.reject(new Error('no clock'))
    const following = fabric.follow({ read, pause: broken, signal: new AbortController().signal })
    await expect(following).rejects.toThrow('no clock')
  })

  test('a cable to an ENI that the VPC does not have is refused', async () => {
    await expect(fabric.plug('eni-none', { namespace: 'aws-a1', device: 'eth1' })).rejects.toThrow(
      'no port eni-none',
    )
  })

  test('a machine that is taken away leaves the others connected, and a route to it drops', async () => {
    const gone = stage.endpoint('a2/pod')
    await stage.remove('a2')
    await fabric.unplug('eni-a2')
    const toGone = everyPair([stage.endpoint('a1/pod')], [gone])
    expect((await runProbes(toGone, { timeoutMs: 300 })).ok).toBe(0)
    expect(await probe('a1/pod', 'b1/pod')).toEqual(passes)
    expect(await mustRun({ file: 'ip', args: ['netns'] })).not.toContain('aws-a2')
    await fabric.apply(sampleFabric({ a: routesTo('b1'), b: routesTo('a1') }))
    expect(await probe('a1/pod', 'b1/pod')).toEqual(passes)
  })
})
