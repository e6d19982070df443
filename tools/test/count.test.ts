import { describe, expect, test } from 'vitest'
import { addCounts, closingLine, readCargo, readVitest } from './count.ts'

const none = { passed: 0, failed: 0, skipped: 0 }

test.each([
  [{ passed: 12, failed: 0, skipped: 0 }, '12 passed, 0 failed'],
  [{ passed: 12, failed: 3, skipped: 1 }, '12 passed, 3 failed, 1 skipped'],
  [none, '0 passed, 0 failed'],
])('%j ends as %j', (count, line) => {
  expect(closingLine(count)).toBe(line)
})

test('counts add up', () => {
  expect(addCounts({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 })).toEqual({
    passed: 11,
    failed: 22,
    skipped: 33,
  })
})

describe('what cargo prints', () => {
  test('several programs, failed ones too', () => {
    const output = `
running 3 tests
test sys_error::tests::names ... ok
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests podway_cni
test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`
    expect(readCargo(output)).toEqual({ passed: 5, failed: 4, skipped: 1 })
  })

  test.each([
    '',
    'error: could not compile `podway-cni`',
    'a test says: test result: ok. 3 passed; 0 failed; 0 ignored',
  ])('nothing in %j', (output) => {
    expect(readCargo(output)).toEqual(none)
  })
})

describe('vitest’s report', () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [],
  }

  test('passed, failed, and skipped with those yet to be written', () => {
    expect(readVitest(report)).toEqual({ passed: 5, failed: 1, skipped: 3 })
  })

  test('a file that could not be loaded is a failed test', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{}] },
      { status: 'passed', assertionResults: [] },
    ]
    expect(readVitest({ ...report, testResults }).failed).toBe(2)
  })

  test.each([{}, { numPassedTests: '5' }, { success: true }])('%j is none', (other) => {
    expect(() => readVitest(other)).toThrow('not a report of vitest')
  })
})
