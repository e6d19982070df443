import { describe, test } from 'vitest'
import { findPython } from './find-python.ts'

/**
 * Declares tests that need Python. Where there is none they are skipped, which says what is missing; on a
 * machine that calls itself `CI` that is a failure: there, nothing is left out.
 */
export async function describeWithPython(title: string, declare: () => void): Promise<void> {
  const missing = await findPython(title, process.env).then(
    () => undefined,
    (error: unknown) => error as Error,
  )
  if (missing === undefined) {
    describe(title, declare)
  } else if ((process.env.CI ?? '') === '') {
    process.stderr.write(`skipped: ${missing.message}\n`)
    describe.skip(`${title} (${missing.message})`, declare)
  } else {
    test(title, () => {
      throw missing
    })
  }
}
