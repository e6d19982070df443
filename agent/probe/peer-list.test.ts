import { beforeEach, expect, test } from 'vitest'
import type { LogFields, Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import type { ListOptions } from '../../kube/resource.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { PeerList } from './peer-list.ts'

const node = (n: number): Node => ({
  metadata: { name: `node-${n}`, uid: `u-${n}`, resourceVersion: '1' },
  spec: { podCIDRs: [`10.244.${n % 256}.0/24`] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'PodNetworkReachable', status: 'True' },
    ],
  },
})

let clock: ManualClock
let nodes: readonly Node[]
let asked: ListOptions[]
let failure: Error | undefined
let complaints: string[]
let list: PeerList
const { signal } = new AbortController()

beforeEach(() => {
  clock = new ManualClock()
  nodes = Array.from({ length: 250 }, (_, n) => node(n))
  asked = []
  failure = undefined
  complaints = []
  const ignore = (): void => undefined
  const warn = (_fields: LogFields, message: string): void => void complaints.push(message)
  const log: Logger = { debug: ignore, info: ignore, warn, error: warn }
  list = new PeerList({
    nodeName: 'node-0',
    clock,
    random: () => 0.5,
    log,
    nodes: {
      // As an API server gives pages.
      list: (given) => {
        const options = given ?? {}
        asked.push(options)
        if (failure !== undefined) return Promise.reject(failure)
        const from = Number(options.continue ?? 0)
        const to = from + (options.limit ?? nodes.length)
        return Promise.resolve({
          items: nodes.slice(from, to),
          resourceVersion: '1',
          ...(to < nodes.length && { continue: String(to) }),
        })
      },
    },
  })
})

const after = async (seconds: number, maxAgeMs?: number): Promise<number> => {
  await clock.advance(seconds * 1_000)
  const before = asked.length
  await list.refresh(signal, maxAgeMs)
  return asked.length - before
}

test('all Nodes but our own, page by page', async () => {
  expect(await after(0)).toBe(10)
  expect(asked.slice(0, 3)).toEqual([
    { limit: 25 },
    { limit: 25, continue: '25' },
    { limit: 25, continue: '50' },
  ])
  expect(list.peers).toHaveLength(249)
})

test('the more Nodes there are, the seldomer they are read', async () => {
  await after(0)
  expect(await after(299)).toBe(0)
  expect(await after(1)).toBe(10)
  nodes = nodes.slice(0, 10)
  expect(await after(300)).toBe(1)
  expect(await after(59)).toBe(0)
  expect(await after(1)).toBe(1)
})

test('fresher, where that is asked for', async () => {
  await after(0)
  expect(await after(30, 60_000)).toBe(0)
  expect(await after(30, 60_000)).toBe(10)
})

test('what can’t be read is told once, and what was read before stands', async () => {
  await after(0)
  failure = new Error('away')
  expect(await after(300)).toBe(1)
  expect(await after(10)).toBe(0)
  expect(await after(50)).toBe(1)
  expect(list.peers).toHaveLength(249)
  expect(complaints).toEqual(['the Nodes can’t be listed: going on with those of before'])
  failure = undefined
  expect(await after(60)).toBe(10)
})
