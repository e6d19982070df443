import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../kube/log.ts'
import { formatCidr } from '../../net/cidr.ts'
import { Allocator } from './allocator.ts'
import { PoolReload } from './pool-source.ts'

function make() {
  const allocator = new Allocator([])
  const world = { notes: [] as string[], changes: 0 }
  const reload = new PoolReload({
    allocator,
    source: { name: 'file pools.yaml' },
    onChange: () => void world.changes++,
    events: { record: ({ note, reason }) => void world.notes.push(`${reason} ${note}`) },
    subject: { apiVersion: 'v1', kind: 'Namespace', name: 'podway-system' },
    log: silentLogger,
  })
  const next = (owner: string): string => {
    const allocation = allocator.allocate(owner)
    return allocation.result === 'allocated' ? allocation.cidrs.map(formatCidr).join() : allocation.message
  }
  return Object.assign(world, { see: (text: string | undefined) => reload.see(text), next })
}

const good = 'pools: [{cidr: 10.0.0.0/16, nodePrefixLength: 24}]'
const other = 'pools: [{cidr: 10.0.0.0/16, nodePrefixLength: 24}, {cidr: "fd00::/48", nodePrefixLength: 64}]'

test('pools are taken over, and others in their place', () => {
  const world = make()
  world.see(good)
  expect(world.next('a')).toBe('10.0.0.0/24')
  world.see(other)
  expect(world.next('b')).toBe('10.0.1.0/24,fd00::/64')
  expect(world).toMatchObject({ changes: 2, notes: [] })
})

describe('what can’t be served: the old ones stay, and it is told, once', () => {
  test.each([
    ['no YAML', 'pools: [', 'the document is no YAML'],
    ['a wrong field', 'pools: [{cidr: 10.0.0.0/8}]', 'pools[0].nodePrefixLength is missing'],
    [
      'an overlap',
      'pools: [{cidr: 10.0.0.0/8, nodePrefixLength: 24}, {cidr: 10.0.0.0/16, nodePrefixLength: 24}]',
      'overlap',
    ],
    ['nothing', undefined, 'it is not there'],
  ])('%s', (_name, bad, problem) => {
    const world = make()
    world.see(good)
    world.see(bad)
    world.see(bad)
    expect(world.next('a')).toBe('10.0.0.0/24')
    expect(world.notes).toHaveLength(1)
    expect(world.notes[0]).toContain('PoolsInvalid pools can’t be taken from file pools.yaml: ')
    expect(world.notes[0]).toContain(problem)
    expect(world.changes).toBe(1)
    world.see(good)
    expect(world.changes).toBe(2)
  })
})
