import { expect, test } from 'vitest'
import { Absences } from './absences.ts'

const destination = '10.244.0.0/24'
const node = (uid: string): { name: string; uid: string } => ({ name: 'node-1', uid })

test('all that a list lacked are remembered, each until it is settled', () => {
  const absences = new Absences()
  expect(absences.of(destination)).toEqual([])
  absences.note(destination, node('1'))
  absences.note(destination, node('2'))
  absences.note(destination, node('2'))
  absences.note('10.244.1.0/24', node('1'))
  expect(absences.of(destination)).toEqual([node('1'), node('2')])
  absences.settle(destination, node('1'))
  absences.settle(destination, node('3'))
  expect(absences.of(destination)).toEqual([node('2')])
  absences.settle(destination, node('2'))
  expect(absences.of(destination)).toEqual([])
  expect(absences.of('10.244.1.0/24')).toEqual([node('1')])
})
