/** How many tests a runner ran, by how they ended. */
export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const addCounts = (a: Count, b: Count): Count => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/** `12 passed, 0 failed`, with `, 1 skipped` behind it if there are any. */
export const closingLine = ({ passed, failed, skipped }: Count): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

/** Sums the lines `test result: ok. 3 passed; 0 failed; 1 ignored; …` that cargo prints for each test program. */
export function readCargo(output: string): Count {
  let total: Count = { passed: 0, failed: 0, skipped: 0 }
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    total = addCounts(total, { passed: Number(passed), failed: Number(failed), skipped: Number(ignored) })
  }
  return total
}

/**
 * Reads vitest's JSON report. A file that could not be loaded has no test to count, and counts as one that failed.
 * @throws Error if it is no such report
 */
export function readVitest(report: unknown): Count {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } =
    report as VitestReport
  if (typeof numPassedTests !== 'number') throw new Error('not a report of vitest')
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  return {
    passed: numPassedTests,
    failed: numFailedTests + unloaded.length,
    skipped: numPendingTests + numTodoTests,
  }
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}
