import { expect, test } from 'vitest'
import { NodeReports } from './node-reports.ts'

const routed = { routed: true, reason: 'RouteCreated' }
const waiting = { routed: false, reason: 'NoRouteCreated' }
const full = { routed: false, reason: 'RouteTableFull' }

function make() {
  const world = { now: 0, took: [] as number[] }
  const reports = new NodeReports({ monotonic: () => world.now, onRouted: (ms) => void world.took.push(ms) })
  const at = (now: number): NodeReports => {
    world.now = now
    return reports
  }
  return { world, at }
}

test('from the first sight until all routes are there', () => {
  const { at, world } = make()
  at(100).changed('a')
  at(150).found('a', waiting)
  at(900).found('a', routed)
  at(1_000).found('a', routed)
  expect(world.took).toEqual([800])
})

test('a change counts anew; one that comes while another is under way does not shorten it', () => {
  const { at, world } = make()
  at(0).changed('a')
  at(100).changed('a')
  at(500).found('a', routed)
  at(1_000).changed('a')
  at(1_200).found('a', routed)
  expect(world.took).toEqual([500, 200])
})

test('one that was routed before is not counted', () => {
  const { at, world } = make()
  at(0).found('a', routed)
  expect(world.took).toEqual([])
})

test('one that is gone is forgotten, and a later one of its name is another', () => {
  const { at, world } = make()
  at(0).changed('a')
  at(100).found('a', full)
  at(200).forget('a')
  expect([at(300).oldestUnroutedMs(), [...at(300).reasons()]]).toEqual([0, []])
  at(300).changed('a')
  at(400).found('a', routed)
  expect(world.took).toEqual([100])
})

test('reasons, and the oldest that is unrouted, whatever its reasons were meanwhile', () => {
  const { at } = make()
  at(0).found('a', waiting)
  at(100).found('b', full)
  at(200).found('a', full)
  at(250).found('c', routed)
  expect([...at(300).reasons()]).toEqual([
    ['RouteTableFull', 2],
    ['RouteCreated', 1],
  ])
  expect(at(300).oldestUnroutedMs()).toBe(300)
  at(400).found('a', routed)
  expect(at(400).oldestUnroutedMs()).toBe(300)
  at(500).found('a', waiting)
  at(600).found('b', routed)
  expect(at(600).oldestUnroutedMs()).toBe(100)
})
