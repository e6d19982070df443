import { createInterface } from 'node:readline/promises'
import { UsageError } from '../usage.ts'

/** Puts a question that is answered by yes or no. @throws UsageError where nobody can be asked */
export type Ask = (question: string, signal: AbortSignal) => Promise<boolean>

/** Anything but y or yes is no. */
export const askOnTerminal: Ask = async (question, signal) => {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError('--do asks before it does anything, and this is no terminal: say --yes')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
