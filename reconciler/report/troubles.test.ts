import { expect, test } from 'vitest'
import { Troubles } from './troubles.ts'
import type { Trouble } from './verdict.ts'

const node = { name: 'node-1', uid: 'uid-1' }
const foreign: Trouble = { reason: 'ForeignRoute', message: 'it is in the way' }
const throttled: Trouble = { reason: 'CloudThrottled', message: 'later' }

function make() {
  const time = { now: 0 }
  const told: string[] = []
  const troubles = new Troubles({ record: ({ reason }) => void told.push(reason) }, () => time.now)
  return { time, told, tell: (...now: readonly Trouble[]) => troubles.tell(node, now), troubles }
}

test('a trouble is told once, and again when it was over in between', () => {
  const { tell, told } = make()
  tell(foreign)
  tell(foreign)
  expect(told).toEqual(['ForeignRoute'])
  tell()
  tell(foreign)
  expect(told).toEqual(['ForeignRoute', 'ForeignRoute'])
})

test('what mostly passes by itself is told when it has lasted a minute, once', () => {
  const { tell, time, told } = make()
  tell(throttled)
  time.now = 59_000
  tell(throttled, foreign)
  expect(told).toEqual(['ForeignRoute'])
  time.now = 60_000
  tell(throttled, foreign)
  time.now = 600_000
  tell(throttled, foreign)
  expect(told).toEqual(['ForeignRoute', 'CloudThrottled'])
})

test('if it passes, its minute begins anew', () => {
  const { tell, time, told } = make()
  tell(throttled)
  time.now = 30_000
  tell()
  tell(throttled)
  time.now = 70_000
  tell(throttled)
  expect(told).toEqual([])
})

test('what is merely under way is not told', () => {
  const { tell, told } = make()
  tell({ reason: 'NoRouteCreated', message: 'soon' })
  expect(told).toEqual([])
})

test('a node that is gone has no past', () => {
  const { tell, told, troubles } = make()
  tell(foreign)
  troubles.forget(node.uid)
  tell(foreign)
  expect(told).toHaveLength(2)
})
