import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DoctorWorld, openDoctorWorld } from './testing/doctor-world.ts'

let world: DoctorWorld
beforeEach(async () => {
  world = await openDoctorWorld()
})
afterEach(() => world.close())

test('all is well', async () => {
  world.manager('--allocate-node-cidrs=false')
  const { code, findings, stderr, wrong } = await world.examine()
  expect(wrong).toEqual([])
  expect(findings.map((f) => f.code)).toEqual([])
  expect([code, stderr]).toEqual([0, ''])
})
