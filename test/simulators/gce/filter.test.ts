import { describe, expect, test } from 'vitest'
import { GceError } from './errors.ts'
import { readFilter } from './filter.ts'

const route = {
  name: 'prod-1',
  network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/prod',
  destRange: '10.244.3.0/24',
  priority: 1000,
  params: { owner: 'me' },
  tags: ['x'],
  isOn: true,
}

describe('lets through', () => {
  test.each<[filter: string, passes: boolean]>([
    ['', true],
    ['name = "prod-1"', true],
    ['name = prod-1', true],
    ['name = "prod-2"', false],
    ['name = "prod-*"', true],
    ['name != "prod-2"', true],
    ['nothing != "x"', true],
    ['nothing = "x"', false],
    ['nothing:*', false],
    ['params.owner:*', true],
    ['name : "rod"', true],
    ['priority > 999', true],
    ['priority >= 1001', false],
    ['priority <= 1000', true],
    ['priority < 1000', false],
    ['isOn = true', true],
    ['params.owner = "me"', true],
    ['(name = "a") OR (name = "prod-1")', true],
    ['(name = "prod-1") (priority = 1000)', true],
    ['(name = "prod-1") AND (priority = 1)', false],
    ['(name = "a") OR (name = "prod-1") AND (priority = 1)', false],
    ['NOT (name = "a")', true],
    ['name eq prod-.*', true],
    ['name eq "prod-[0-9]"', true],
    // The whole field has to match.
    ['name eq rod', false],
    ['name ne .*prod', true],
    ['name ne prod-1', false],
    ['nothing eq .*', true],
    ['(network eq ".*/global/networks/prod") (destRange eq "10[.]244[.]3[.]0/24")', true],
    ['(network eq .*/networks/prod) (destRange eq "10[.]244[.]4[.]0/24")', false],
    ['network = "https://www.googleapis.com/compute/v1/projects/p/global/networks/prod"', true],
  ])('%s: %s', (filter, passes) => expect(readFilter(filter)(route)).toBe(passes))
})

describe('is refused', () => {
  test.each([
    'name',
    'name =',
    '= x',
    'name prod',
    '(name = x',
    'name = x)',
    'name eq "("',
    'name ~ x',
    '(name eq x) (priority = 1)',
    '(name = x) OR',
  ])('%s', (filter) => expect(() => readFilter(filter)).toThrow(GceError))

  test('a field of what stands in a list', () => {
    expect(() => readFilter('tags.x = "y"')(route)).toThrow('It leads through a list.')
  })
})
