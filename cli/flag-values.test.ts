import { describe, expect, test } from 'vitest'
import { formatCidr } from '../net/cidr.ts'
import { readBoolean, readChoice, readCidrs, readDuration, readInteger, readList } from './flag-values.ts'
import { UsageError } from './usage.ts'

test.each([
  ['a,b', ['a', 'b']],
  [' a , b ,', ['a', 'b']],
  [',', []],
  ['', []],
])('the list %j', (text, list) => {
  expect(readList(text)).toEqual(list)
})

describe('booleans, as Go’s flag package takes them', () => {
  test.each([
    ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
    ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
  ])('%s is %s', (text, value) => {
    expect(readBoolean('flag', text)).toBe(value)
  })

  test.each(['', 'yes', 'no', 'tRUE', '2', ' true'])('%j is none', (text) => {
    expect(() => readBoolean('flag', text)).toThrow(UsageError)
    expect(() => readBoolean('flag', text)).toThrow(`--flag=${text}: expected true or false`)
  })
})

describe('whole numbers', () => {
  const range = { min: 1, max: 32 }
  test.each([
    ['1', 1],
    ['32', 32],
  ])('%s', (text, value) => {
    expect(readInteger('bits', text, range)).toBe(value)
  })

  test.each(['', ' ', '0', '33', '-1', '1.5', 'x', 'NaN', 'Infinity'])('%j is none in the range', (text) => {
    expect(() => readInteger('bits', text, range)).toThrow(UsageError)
    expect(() => readInteger('bits', text, range)).toThrow(
      `--bits=${text}: expected a whole number from 1 to 32`,
    )
  })
})

describe('CIDRs', () => {
  test.each([
    ['10.244.0.0/16,fd00:10:244::/48', ['10.244.0.0/16', 'fd00:10:244::/48']],
    [' 10.0.0.0/8 ', ['10.0.0.0/8']],
    ['', []],
  ])('%j', (text, cidrs) => {
    expect(readCidrs('cluster-cidr', text).map(formatCidr)).toEqual(cidrs)
  })

  test.each(['10.244.0.0', '10.244.0.1/16', '10.244.0.0/16;10.245.0.0/16', '10.0.0.0/8,x'])(
    '%j is none',
    (text) => {
      expect(() => readCidrs('cluster-cidr', text)).toThrow(UsageError)
      expect(() => readCidrs('cluster-cidr', text)).toThrow('--cluster-cidr: invalid address')
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
  ])('%s is %i ms', (text, ms) => {
    expect(readDuration('period', text)).toBe(ms)
  })

  test.each(['', '5', 's', '5 s', '1m 30s', '-1s', '1d', '1s!', '.5s', '1e3s', 'P1D'])(
    '%j is none',
    (text) => {
      expect(() => readDuration('period', text)).toThrow(UsageError)
      expect(() => readDuration('period', text)).toThrow(`--period=${text}: expected a duration`)
    },
  )
})

test('a choice', () => {
  expect(readChoice('level', 'info', ['info', 'warn'])).toBe('info')
  expect(() => readChoice('level', 'loud', ['info', 'warn'])).toThrow(
    '--level=loud: expected one of info, warn',
  )
  expect(() => readChoice('level', 'loud', ['info', 'warn'])).toThrow(UsageError)
})
