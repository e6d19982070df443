import { describe, test } from 'vitest'

/**
 * Declares tests that need something that may not be on the machine. Where it is missing they are skipped, which says
 * why; on a machine that calls itself `CI` that is a failure: there, nothing is left out.
 *
 * @param missing one sentence that says what is missing; undefined if nothing is
 */
export function describeUnless(missing: string | undefined, title: string, declare: () => void): void {
  if (missing === undefined) {
    describe(title, declare)
  } else if ((process.env.CI ?? '') === '') {
    process.stderr.write(`skipped: ${missing}\n`)
    describe.skip(`${title} (${missing})`, declare)
  } else {
    test(title, () => {
      throw new Error(missing)
    })
  }
}
