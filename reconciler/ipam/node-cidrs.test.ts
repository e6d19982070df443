import { describe, expect, test } from 'vitest'
import { type Logger, silentLogger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import { type Cidr, formatCidr, parseCidr } from '../../net/cidr.ts'
import { Allocator, nodeOwner } from './allocator.ts'
import { NodeCidrs, graceMs } from './node-cidrs.ts'
import { Pool } from './pool.ts'

const node = (name: string, podCIDRs?: readonly string[]): Node => ({
  metadata: { name, uid: name, resourceVersion: podCIDRs === undefined ? '1' : '2' },
  spec: podCIDRs === undefined ? {} : { podCIDR: podCIDRs[0] ?? '', podCIDRs },
})

function make() {
  const allocator = new Allocator([new Pool(parseCidr('10.0.0.0/21'), 24)])
  const world = { allocator, ms: 0, met: [] as string[], warnings: 0 }
  const log: Logger = { ...silentLogger, warn: () => void world.warnings++ }
  const cidrs = new NodeCidrs({
    allocator,
    monotonic: () => world.ms,
    onOtherAllocator: (one, podCIDRs) => void world.met.push(`${one.metadata.name} ${podCIDRs.join()}`),
    log,
  })
  const appear = (name: string, podCIDRs?: readonly string[]): void =>
    void cidrs.see({ type: 'added', object: node(name, podCIDRs) })
  const get = (name: string, podCIDRs: readonly string[]): readonly Cidr[] =>
    cidrs.see({ type: 'updated', object: node(name, podCIDRs), previous: node(name) })
  const held = (name: string): readonly string[] => allocator.heldBy(nodeOwner(name)).map(formatCidr)
  return Object.assign(world, { cidrs, appear, get, held })
}

/** Long after the start, with a Node that has no podCIDRs yet. */
function makeLater() {
  const world = make()
  world.appear('a')
  world.ms = graceMs
  return world
}

describe('another allocator at work', () => {
  test('a Node gets podCIDRs that nobody here gave it', () => {
    const world = makeLater()
    world.get('a', ['10.0.3.0/24'])
    expect(world.met).toEqual(['a 10.0.3.0/24'])
    expect(world.cidrs.isStopped).toBe(true)
    expect(world.held('a')).toEqual(['10.0.3.0/24'])
  })

  test('a Node gets others than those that were meant for it', () => {
    const world = makeLater()
    world.allocator.allocate(nodeOwner('a'))
    // What was meant for it is free again.
    expect(world.get('a', ['10.0.3.0/24']).map(formatCidr)).toEqual(['10.0.0.0/24'])
    expect(world.met).toEqual(['a 10.0.3.0/24'])
    expect(world.held('a')).toEqual(['10.0.3.0/24'])
  })

  test('a Node gets one family of two from somewhere', () => {
    const world = makeLater()
    world.allocator.configure([new Pool(parseCidr('10.0.0.0/21'), 24), new Pool(parseCidr('fd00::/48'), 64)])
    world.allocator.allocate(nodeOwner('a'))
    world.get('a', ['10.0.0.0/24'])
    expect(world.met).toEqual(['a 10.0.0.0/24'])
  })

  test('it is told once', () => {
    const world = makeLater()
    world.appear('b')
    world.get('a', ['10.0.3.0/24'])
    world.get('b', ['10.0.4.0/24'])
    expect(world.met).toHaveLength(1)
    expect(world.held('b')).toEqual(['10.0.4.0/24'])
  })
})

describe('no other allocator', () => {
  test('our own write, in whatever order it names the families', () => {
    const world = makeLater()
    world.allocator.configure([new Pool(parseCidr('10.0.0.0/21'), 24), new Pool(parseCidr('fd00::/48'), 64)])
    world.allocator.allocate(nodeOwner('a'))
    world.get('a', ['fd00::/64', '10.0.0.0/24'])
    expect(world.met).toEqual([])
  })

  test('our own write, whose answer was lost, seen after the next try', () => {
    const world = makeLater()
    world.allocator.allocate(nodeOwner('a'))
    world.allocator.allocate(nodeOwner('a'))
    world.get('a', ['10.0.0.0/24'])
    expect(world.met).toEqual([])
  })

  test('a Node that is first seen with podCIDRs: the kubelet’s --pod-cidr, or older than this program', () => {
    const world = makeLater()
    world.appear('b', ['192.168.0.0/24'])
    expect(world.met).toEqual([])
    expect(world.held('b')).toEqual(['192.168.0.0/24'])
  })

  test('a Node that changes in some other way, or is repeated', () => {
    const world = makeLater()
    world.appear('b', ['10.0.3.0/24'])
    const object = node('b', ['10.0.3.0/24'])
    world.cidrs.see({ type: 'updated', object, previous: object })
    world.cidrs.see({ type: 'resync', object })
    world.cidrs.see({ type: 'updated', object: node('a'), previous: node('a') })
    expect(world.met).toEqual([])
  })

  test('soon after the start: it may be the last write of an earlier leader', () => {
    const world = make()
    world.ms = 1_000_000
    world.appear('a')
    world.ms += graceMs - 1
    world.get('a', ['10.0.3.0/24'])
    expect(world.met).toEqual([])
    expect(world.warnings).toBe(1)
    expect(world.held('a')).toEqual(['10.0.3.0/24'])
  })
})

test('a Node that is gone holds nothing', () => {
  const world = make()
  world.appear('a', ['10.0.3.0/24'])
  world.cidrs.see({ type: 'deleted', object: node('a', ['10.0.3.0/24']), evidence: 'watch' })
  expect(world.held('a')).toEqual([])
  expect(world.allocator.statistics()).toMatchObject([{ used: 0 }])
})

// https://github.com/kubernetes/kubernetes/issues/84541
test('a podCIDR with bits set behind the prefix takes the range that it means', () => {
  const world = make()
  world.appear('a', ['10.0.3.7/24'])
  expect(world.held('a')).toEqual(['10.0.3.0/24'])
})

test('a podCIDR that nobody can read takes nothing, and stops nobody', () => {
  const world = makeLater()
  world.appear('b', ['rubbish'])
  expect(world.held('b')).toEqual([])
  expect(world.cidrs.isStopped).toBe(false)
})
