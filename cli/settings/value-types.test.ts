import { describe, expect, test } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import { type ValueType, complaint } from './value-type.ts'
import {
  boolean,
  choice,
  choiceOrList,
  cidrs,
  duration,
  list,
  share,
  someOf,
  text,
  wholeNumber,
} from './value-types.ts'

/** As a flag's text is read. */
function read<T>({ natural, schema }: ValueType<T>, written: string): T {
  return schema.parse(natural(written))
}

/** What is said of a flag's text that is refused. */
function refusal<T>({ natural, schema }: ValueType<T>, written: string): string {
  const { error } = schema.safeParse(natural(written))
  return error === undefined ? '' : complaint('--flag', written, error.issues[0]?.message ?? '')
}

test.each([
  ['a,b', ['a', 'b']],
  [' a , b ,', ['a', 'b']],
  [',', []],
  ['', []],
])('the list %j', (written, items) => {
  expect(read(list('<names>'), written)).toEqual(items)
})

test('a list of one at least, of what has a form', () => {
  const names = someOf('<names>', { pattern: /^[a-z]+$/, expected: 'expected names' })
  expect(read(names, 'a,b')).toEqual(['a', 'b'])
  expect(refusal(names, '')).toBe('--flag=: expected names')
  expect(refusal(names, 'a,B')).toBe('--flag=a,B: expected names')
})

describe('booleans, as Go’s flag package takes them', () => {
  test.each([
    ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((written) => [written, true] as const),
    ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((written) => [written, false] as const),
  ])('%s is %s', (written, value) => {
    expect(read(boolean, written)).toBe(value)
  })

  test.each(['', 'yes', 'no', 'tRUE', '2', ' true'])('%j is none', (written) => {
    expect(refusal(boolean, written)).toBe(`--flag=${written}: expected true or false`)
  })
})

describe('numbers', () => {
  const bits = wholeNumber('<bits>', { min: 1, max: 32 })
  test.each([
    ['1', 1],
    ['32', 32],
  ])('%s', (written, value) => {
    expect(read(bits, written)).toBe(value)
  })

  test.each(['', ' ', '0', '33', '-1', '1.5', 'x', 'NaN', 'Infinity', '1e300'])(
    '%j is no whole one in the range',
    (written) => {
      expect(refusal(bits, written)).toBe(`--flag=${written}: expected a whole number from 1 to 32`)
    },
  )

  test.each(['0.01', '1', '1.0', '100'])('%s is a share', (written) => {
    expect(read(share('<share>', 100), written)).toBe(Number(written))
  })

  test.each(['', '0', '-0.5', '100.1', '80%', 'NaN', 'Infinity'])('%j is no share', (written) => {
    expect(refusal(share('<share>', 100), written)).toContain(`--flag=${written}: expected a number above 0`)
  })
})

describe('CIDRs', () => {
  test.each([
    ['10.244.0.0/16,fd00:10:244::/48', ['10.244.0.0/16', 'fd00:10:244::/48']],
    [' 10.0.0.0/8 ', ['10.0.0.0/8']],
    ['', []],
  ])('%j', (written, ranges) => {
    expect(read(cidrs, written).map(formatCidr)).toEqual(ranges)
  })

  test.each(['10.244.0.0', '10.244.0.1/16', '10.244.0.0/16;10.245.0.0/16', '10.0.0.0/8,x'])(
    '%j is none',
    (written) => {
      expect(refusal(cidrs, written)).toMatch(/^--flag: invalid address/)
    },
  )
})

describe('durations, as Go writes them', () => {
  test.each([
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1h0m0s', 3_600_000],
    ['0s', 0],
    ['576h', 2_073_600_000],
  ])('%s is %i ms', (written, ms) => {
    expect(read(duration(), written)).toBe(ms)
  })

  test.each(['', '5', 's', '5 s', '1m 30s', '-1s', '1d', '1s!', '.5s', '1e3s', 'P1D'])(
    '%j is none',
    (written) => {
      expect(refusal(duration(), written)).toBe(
        `--flag=${written}: expected a duration such as 30s, 5m or 1h30m`,
      )
    },
  )

  test('one for which no timer runs', () => {
    // Beyond 2³¹−1 ms a timer fires at once.
    expect(refusal(duration(), '597h')).toBe('--flag=597h: expected at most 576h')
  })
})

test('a choice', () => {
  const level = choice('<level>', ['info', 'warn'])
  expect(read(level, 'info')).toBe('info')
  expect(refusal(level, 'loud')).toBe('--flag=loud: expected one of info, warn')
})

test('a choice, or names', () => {
  const tables = choiceOrList('<which>', ['tag', 'auto'], 'ids')
  expect(read(tables, 'tag')).toBe('tag')
  expect(read(tables, 'rtb-1, rtb-2')).toEqual(['rtb-1', 'rtb-2'])
  expect(tables.schema.safeParse('rtb-1').error?.issues[0]?.message).toContain('expected tag, auto, or ids')
})

test('text', () => {
  const name = text('<name>', 'name it')
  expect(read(name, ' a ')).toBe(' a ')
  expect(refusal(name, ' ')).toBe('--flag is empty: name it')
})
