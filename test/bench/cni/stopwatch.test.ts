import { expect, test } from 'vitest'
import { type Call, formatCall, readBatch } from './stopwatch.ts'

const call: Call = { program: '/bin/true', input: '/dev/null', environment: { A: '1', CNI_COMMAND: 'ADD' } }

test('a call is a line of fields', () => {
  expect(formatCall(call)).toBe('/bin/true\t/dev/null\tA=1\tCNI_COMMAND=ADD')
})

test('its stages are lines that begin with a tab', () => {
  const then = [{ ...call, environment: {} }, call]
  expect(formatCall({ ...call, environment: {}, then })).toBe(
    '/bin/true\t/dev/null\n\t/bin/true\t/dev/null\n\t/bin/true\t/dev/null\tA=1\tCNI_COMMAND=ADD',
  )
})

test.each(['\t', '\n'])('%j would be read as another field or call', (separator) => {
  expect(() => formatCall({ ...call, environment: { A: `x${separator}y` } })).toThrow('tab or newline')
})

test('a program that fails is named with what it said', () => {
  const line = JSON.stringify({ ns: 1, calls: [{ ns: 1, cpuUs: 1, rssKiB: 1, code: 1, output: 'no way\n' }] })
  expect(() => readBatch(line, [call])).toThrow('/bin/true ADD ended with 1: no way')
})
