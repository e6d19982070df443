import { describeUnless } from '../install/describe-unless.ts'
import { findPython } from './find-python.ts'

/** One sentence that says why there is no Python for it, or undefined if there is one. */
export function missingForPython(what: string): Promise<string | undefined> {
  return findPython(what, process.env).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

/** Declares tests that need Python: see {@link describeUnless}. */
export async function describeWithPython(title: string, declare: () => void): Promise<void> {
  describeUnless(await missingForPython(title), title, declare)
}
