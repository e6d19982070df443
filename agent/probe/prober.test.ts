import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Node, NodeCondition } from '../../kube/objects.ts'
import { silentLogger } from '../../kube/log.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { type Address, formatAddress, parseAddress } from '../../net/address.ts'
import type { PeerSource } from './peer-list.ts'
import type { Peer } from './peers.ts'
import { Prober } from './prober.ts'
import type { ProbeTransport } from './tcp-probe.ts'

const usualCidrs = ['10.244.1.0/24', 'fd00:1::/64']

/** A network of nodes in memory: who can't be reached, who asked whom, and what was said of node-1. */
class Network implements ProbeTransport, PeerSource {
  /** Addresses that are not reached. */
  readonly broken = new Set<string>()
  /** Addresses that the node does not hold, or where it may not listen. */
  readonly missing = new Set<string>()
  readonly answering = new Set<string>()
  asked: string[] = []
  refreshed: (number | undefined)[] = []
  peers: readonly Peer[] = []
  /** What a list says now. */
  listed: readonly Peer[] = []

  probe: ProbeTransport['probe'] = (probe) => {
    this.asked.push(`${formatAddress(probe.from)} > ${formatAddress(probe.to)}`)
    const fails = this.broken.has(formatAddress(probe.to))
    return Promise.resolve(fails ? { probe, ms: undefined, why: 'no answer' } : { probe, ms: 1 })
  }

  answer: ProbeTransport['answer'] = (address: Address) => {
    const text = formatAddress(address)
    if (this.missing.has(text)) return Promise.reject(new Error(`listen EADDRNOTAVAIL ${text}`))
    this.answering.add(text)
    return Promise.resolve({
      close: () => {
        this.answering.delete(text)
        return Promise.resolve()
      },
    })
  }

  refresh: PeerSource['refresh'] = (_signal, maxAgeMs) => {
    this.refreshed.push(maxAgeMs)
    if (maxAgeMs !== undefined) this.peers = this.listed
    return Promise.resolve()
  }

  join(count: number): void {
    this.peers = Array.from({ length: count }, (_, n) => ({
      name: `node-${n + 2}`,
      addresses: [`10.244.${n + 2}.1`, `fd00:${n + 2}::1`].map(parseAddress),
    }))
    this.listed = this.peers
  }

  breakAll(): void {
    for (const { addresses } of this.peers) for (const one of addresses) this.broken.add(formatAddress(one))
  }
}

let network: Network
let clock: ManualClock
let node: Node
let conditions: string[]
let condition: Pick<NodeCondition, 'status' | 'reason' | 'message'> | undefined
let events: string[]
let failing: string[]
let stop: AbortController
let running: Promise<void>
let refusal: Error | undefined

beforeEach(() => {
  network = new Network()
  network.join(20)
  clock = new ManualClock()
  node = { metadata: { name: 'node-1', uid: 'u', resourceVersion: '1' }, spec: { podCIDRs: usualCidrs } }
  conditions = []
  condition = undefined
  events = []
  failing = []
  stop = new AbortController()
  refusal = undefined
  const prober = new Prober({
    node: () => node,
    peers: network,
    transport: network,
    conditions: {
      get: () => (condition === undefined ? undefined : { type: 'PodNetworkReachable', ...condition }),
      set: (_type, verdict) => {
        if (refusal !== undefined) return Promise.reject(refusal)
        if (condition?.status !== verdict.status || condition.reason !== verdict.reason)
          conditions.push(`${verdict.status} ${verdict.reason}`)
        condition = verdict
        return Promise.resolve()
      },
    },
    metrics: {
      peers: () => undefined,
      probed: () => undefined,
      failing: (peers) => (failing = peers.map(({ family, peer }) => `${peer} ${family}`)),
      reachable: () => undefined,
    },
    events: { record: (reason) => void events.push(reason) },
    clock,
    random: () => 0.5,
    log: silentLogger,
  })
  running = Promise.resolve()
  start = () => {
    running = prober.run(stop.signal)
  }
})
let start: () => void
afterEach(async () => {
  stop.abort()
  await running
  expect(clock.timers).toBe(0)
  expect(network.answering.size).toBe(0)
})

/** So many rounds from now on; the first one comes with the start. */
const rounds = (count: number): Promise<void> => clock.advance(count * 10_000)

test('eight peers in a round, by both families, from our own addresses; and others are answered', async () => {
  start()
  await rounds(0)
  expect([...network.answering]).toEqual(['10.244.1.1', 'fd00:1::1'])
  expect(network.asked).toHaveLength(16)
  for (const one of network.asked) expect(one).toMatch(/^(10\.244\.1\.1 > 10\.244\.|fd00:1::1 > fd00:)/)
  expect(conditions).toEqual(['Unknown Starting', 'True PeersAnswer'])
  await rounds(5)
  expect(network.asked).toHaveLength(6 * 16)
  expect(conditions).toHaveLength(2)
})

test('alone in the cluster', async () => {
  network.join(0)
  start()
  await rounds(3)
  expect(conditions).toEqual(['Unknown Starting', 'True NoPeers'])
})

test('most peers are out of reach: it is told after three rounds, with an Event, and ends after two good ones', async () => {
  start()
  await rounds(0)
  network.breakAll()
  await rounds(2)
  expect(conditions.at(-1)).toBe('True PeersAnswer')
  expect(failing).toHaveLength(16)
  await rounds(1)
  expect(conditions.at(-1)).toBe('False PeersDoNotAnswer')
  expect(events).toEqual(['PodNetworkUnreachable'])
  network.broken.clear()
  await rounds(1)
  expect(conditions.at(-1)).toBe('False PeersDoNotAnswer')
  expect(failing).toEqual([])
  await rounds(1)
  expect(conditions.at(-1)).toBe('True PeersAnswer')
  expect(events).toEqual(['PodNetworkUnreachable', 'PodNetworkReachable'])
})

test('one family out of reach is out of reach', async () => {
  start()
  await rounds(0)
  for (const { addresses } of network.peers)
    for (const one of addresses) if (one.family === 6) network.broken.add(formatAddress(one))
  await rounds(3)
  expect(conditions.at(-1)).toBe('False PeersDoNotAnswer')
})

test('before it says so, the Nodes are listed again: those that are gone do not count', async () => {
  network.join(4)
  start()
  await rounds(0)
  const [first] = network.peers
  network.breakAll()
  if (first !== undefined) for (const one of first.addresses) network.broken.delete(formatAddress(one))
  network.listed = network.peers.slice(0, 1)
  await rounds(3)
  expect(network.refreshed).toContain(60_000)
  expect(conditions.at(-1)).toBe('True PeersAnswer')
  expect(events).toEqual([])
})

test('before our own routes are there nobody is asked', async () => {
  const unrouted = { type: 'NetworkUnavailable', status: 'True' } as const
  node = { ...node, status: { conditions: [unrouted] } }
  network.breakAll()
  start()
  await rounds(6)
  expect([network.asked, conditions]).toEqual([[], ['Unknown Starting']])
  network.broken.clear()
  node = { ...node, status: { conditions: [{ ...unrouted, status: 'False' }] } }
  await rounds(1)
  expect(conditions.at(-1)).toBe('True PeersAnswer')
})

describe('our own addresses', () => {
  test('that are not there yet: nobody is asked, and nothing is said', async () => {
    network.missing.add('10.244.1.1').add('fd00:1::1')
    start()
    await rounds(3)
    expect([network.asked, conditions]).toEqual([[], []])
    network.missing.clear()
    await rounds(1)
    expect(conditions).toEqual(['Unknown Starting', 'True PeersAnswer'])
  })

  test('of one family are not there: the other one is asked', async () => {
    network.missing.add('fd00:1::1')
    start()
    await rounds(0)
    expect(network.asked).toHaveLength(8)
  })

  test('change with the podCIDRs', async () => {
    start()
    await rounds(0)
    node = { ...node, spec: { podCIDRs: ['10.244.9.0/24'] } }
    await rounds(1)
    expect([...network.answering]).toEqual(['10.244.9.1'])
  })

  test('without podCIDRs there are none', async () => {
    node = { ...node, spec: {} }
    start()
    await rounds(2)
    expect([network.asked, conditions]).toEqual([[], []])
  })
})

describe('an agent before us', () => {
  test('found it reachable: one bad round says nothing yet', async () => {
    condition = { status: 'True', reason: 'PeersAnswer', message: 'ok' }
    network.breakAll()
    start()
    await rounds(1)
    expect(conditions).toEqual([])
    await rounds(1)
    expect(conditions).toEqual(['False PeersDoNotAnswer'])
  })

  test('found it out of reach: it takes two good rounds', async () => {
    condition = { status: 'False', reason: 'PeersDoNotAnswer', message: 'x' }
    start()
    await rounds(0)
    expect(conditions).toEqual([])
    await rounds(1)
    expect(conditions).toEqual(['True PeersAnswer'])
  })
})

test('a condition that can’t be written is written with the next round', async () => {
  refusal = new Error('away')
  start()
  await rounds(1)
  refusal = undefined
  await rounds(1)
  expect(conditions.at(-1)).toBe('True PeersAnswer')
})
