import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RulesServer, nodeRules } from '../../../cni/testing/rules.ts'
import type { FabricState } from '../fabric-state.ts'
import { podAddresses, podRanges } from '../testing/sample-pods.ts'
import { type Conversation, converse } from '../testing/conversation.ts'
import { Stage } from '../testing/stage.ts'
import { ownAddresses, routesTo, sampleFabric, sampleNodes } from './sample-vpc.ts'

/** A host outside of the VPC, to which there are routes, but which has routes to the VPC's own addresses only. */
const outsiders = {
  peer: { 4: '10.50.0.10', 6: '2001:db8:50::10' },
  internet: { 4: '203.0.113.10', 6: '2001:db8:ffff::10' },
} as const
type Outsider = keyof typeof outsiders
const outsiderNames = Object.keys(outsiders) as Outsider[]

/** The sample VPC with a peered VPC and the Internet beside it. */
function withOutsiders(...sample: Parameters<typeof sampleFabric>): FabricState {
  const { ports, tables } = sampleFabric(...sample)
  const inside = (id: string): readonly { destination: string; ports: readonly string[] }[] =>
    Object.values(ownAddresses(id as 'a1')).map((address: string) => ({
      destination: `${address}/${address.includes(':') ? 128 : 32}`,
      ports: [`eni-${id}`],
    }))
  const out = outsiderNames.flatMap((name) =>
    Object.values(outsiders[name]).map((address) => ({
      destination: `${address}/${address.includes(':') ? 128 : 32}`,
      ports: [`eni-${name}`],
    })),
  )
  return {
    ports: [
      ...ports,
      ...outsiderNames.map((name) => ({
        id: `eni-${name}`,
        addresses: Object.values(outsiders[name]),
        ranges: [],
        gateways: Object.values(outsiders[name]).map((address) => address.replace(/10$/, '1')),
        forwards: false,
        table: 'rtb-outside',
      })),
    ],
    tables: [
      ...tables.map((table) => ({ ...table, routes: [...table.routes, ...out] })),
      { id: 'rtb-outside', routes: [...[...sampleNodes, 'db'].flatMap(inside), ...out] },
    ],
  }
}

let stage: Stage
let rules: RulesServer

beforeAll(async () => {
  stage = await Stage.create('masq', withOutsiders(), [
    ...sampleNodes.map((name) => ({
      name,
      port: `eni-${name}`,
      addresses: ownAddresses(name),
      pod: podAddresses(name),
    })),
    { name: 'db', port: 'eni-db', addresses: ownAddresses('db') },
    ...outsiderNames.map((name) => ({ name, port: `eni-${name}`, addresses: outsiders[name] })),
  ])
  const { file, args } = stage.machine('a1').command([])
  rules = await RulesServer.start([file, ...args])
})

afterAll(async () => {
  await rules.stop()
  await stage.close()
})
beforeEach(() => stage.fabric.apply(withOutsiders()))

/** Sets the rules of node a1. */
const set = (exceptions: readonly string[], masquerade: object = {}): Promise<readonly string[]> =>
  rules.set(nodeRules({ masquerade: { sources: pools, exceptions, randomFully: true, ...masquerade } }))

const pools = ['10.244.0.0/16', 'fd00:10:244::/48']
const databases = ['10.0.3.0/24', '2001:db8:0:3::/64']
const passes = ['ok', 'ok']
const masqueraded = ['natted', 'natted']
const dropped = ['timeout', 'timeout']

describe('with the pools as exceptions', () => {
  beforeEach(async () => {
    await set(pools)
  })

  /**
   * https://github.com/kubernetes/kubernetes/issues/11204, https://github.com/kubernetes/website/issues/1759: pods on other
   * nodes see who speaks.
   */
  test('pods of other nodes see the pod', async () => {
    expect(await stage.probe('a1/pod', 'a2/pod')).toEqual(passes)
    expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(passes)
    expect(await stage.probe('b1/pod', 'a1/pod')).toEqual(passes)
  })

  /** https://github.com/cilium/cilium/issues/35501 is the other way round: here the peer has no way back to pods. */
  test.each(outsiderNames)('%s sees the node, and answers', async (name) => {
    expect(await stage.probe('a1/pod', name)).toEqual(masqueraded)
    expect(await stage.probe('a1', name)).toEqual(passes)
  })

  test('nothing answers without: the rules are what does it', async () => {
    await rules.set(nodeRules())
    for (const name of [...outsiderNames, 'db']) expect(await stage.probe('a1/pod', name)).toEqual(dropped)
  })

  test('the node reaches its own pod, and the pod its node, under their own addresses', async () => {
    expect(await stage.probe('a1/pod', 'a1')).toEqual(passes)
    expect(await stage.probe('a1', 'a1/pod')).toEqual(passes)
  })
})

describe('a database subnet with a table of its own', () => {
  test('whose table nobody manages is reached, masqueraded', async () => {
    await set(pools)
    expect(await stage.probe('a1/pod', 'db')).toEqual(masqueraded)
  })

  test('whose table has the routes is reached, and sees the pods', async () => {
    await stage.fabric.apply(withOutsiders({ db: routesTo('a1') }))
    await set([...pools, ...databases])
    expect(await stage.probe('a1/pod', 'db')).toEqual(passes)
  })

  test('whose table has the routes is reached also as long as the node does not know', async () => {
    await stage.fabric.apply(withOutsiders({ db: routesTo('a1') }))
    await set(pools)
    expect(await stage.probe('a1/pod', 'db')).toEqual(masqueraded)
  })

  test('that is an exception without routes is lost: the range is published when they are there', async () => {
    await set([...pools, ...databases])
    expect(await stage.probe('a1/pod', 'db')).toEqual(dropped)
  })
})

describe('while sets change', () => {
  const conversations: Conversation[] = []
  afterEach(() => {
    for (const conversation of conversations.splice(0)) conversation.end()
  })

  const talk = async (to: string, address: string): Promise<Conversation> => {
    const conversation = await converse(
      {
        client: (argv) => stage.machine('a1').command(argv, 'pod'),
        server: (argv) => stage.machine(to).command(argv),
      },
      address,
    )
    conversations.push(conversation)
    return conversation
  }

  test.each([4, 6] as const)('connections that are there live on, as they were (IPv%i)', async (family) => {
    await stage.fabric.apply(withOutsiders({ db: routesTo('a1') }))
    await set(pools)
    const translated = await talk('db', ownAddresses('db')[family])
    expect(await translated.ask()).toBe(ownAddresses('a1')[family])
    await set([...pools, ...databases])
    expect(await translated.ask(), 'was masqueraded, and is an exception now').toBe(
      ownAddresses('a1')[family],
    )
    translated.end()
    const native = await talk('db', ownAddresses('db')[family])
    expect(await native.ask()).toBe(podAddresses('a1')[family])
    await set(pools)
    expect(await native.ask(), 'was none, and is none').toBe(podAddresses('a1')[family])
    await rules.set(nodeRules())
    expect(await native.ask(), 'without any rules').toBe(podAddresses('a1')[family])
  })

  test('no new connection finds a moment without them', async () => {
    await set(pools)
    const others = podRanges('db')
    let sets = 0
    const probing = new AbortController()
    const changing = (async () => {
      while (!probing.signal.aborted) {
        // By ranges that come, that go, that become one with another, and by a chain that is made anew.
        await set([...pools, ...others], { randomFully: sets % 2 === 0 })
        await set([...pools, '10.245.0.0/16'], { sources: [...pools, '10.245.0.0/16', 'fd00:10:245::/48'] })
        await set([...pools, '10.128.0.0/9', 'fd00::/16'])
        await set(pools)
        sets += 4
      }
    })()
    const [out, within] = await Promise.all([
      stage.probeOften('a1/pod', 'peer', 300),
      stage.probeOften('a1/pod', 'b1/pod', 300),
    ])
    probing.abort()
    await changing
    expect(sets).toBeGreaterThan(10)
    expect(out).toMatchObject({ sent: 600, natted: 600 })
    expect(within).toMatchObject({ sent: 600, ok: 600 })
  })
})
