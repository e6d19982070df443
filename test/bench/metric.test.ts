import { expect, test } from 'vitest'
import { metric, missedGoals } from './metric.ts'

test.each([
  { name: 'within its goal', value: 0.3, goal: 0.35, pass: true },
  { name: 'exactly its goal', value: 0.35, goal: 0.35, pass: true },
  { name: 'over its goal by less than is printed', value: 0.350001, goal: 0.35, pass: false },
  { name: 'without a goal', value: 0.3, goal: undefined, pass: null },
  { name: 'not measured', value: null, goal: 0.35, pass: null },
])('a value $name', ({ value, goal, pass }) => {
  expect(metric('x', value, '×', goal).pass).toBe(pass)
})

test('four digits are printed', () => {
  expect(metric('x', 12.345678, 'ms').value).toBe(12.35)
  expect(metric('x', 0.0012345678, '×').value).toBe(0.001235)
})

test('only goals that were missed are told, not those that could not be judged', () => {
  const metrics = [metric('good', 1, 'ms', 2), metric('bad', 3, 'ms', 2), metric('unknown', null, 'ms', 2)]
  expect(missedGoals(metrics).map(({ metric: name }) => name)).toEqual(['bad'])
})
