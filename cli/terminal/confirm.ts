import { createInterface } from 'node:readline/promises'
import type { Output } from '../output.ts'

/** Somebody who can be asked. */
export interface Asker {
  /** Whether there is anybody: a terminal to read from, and one that shows the question. */
  readonly isThere: boolean
  /** The answer's line, without its end; empty if there is none. Rejects with the signal's reason. */
  readonly ask: (question: string, signal: AbortSignal) => Promise<string>
}

/** Nothing was done, since nobody has said that it may be. */
export class NotConfirmedError extends Error {
  readonly code = 'ERR_NOT_CONFIRMED'
  override readonly name = 'NotConfirmedError'
}

export interface Confirmation {
  /** What was said on the command line. */
  readonly yes: boolean
  readonly asker: Asker
  readonly output: Pick<Output, 'note'>
}

/**
 * Lets go on only who has said `yes`, by flag or by word: nothing shorter, which fingers type by themselves.
 * @param question ends with a question mark
 * @throws NotConfirmedError
 */
export async function confirm(
  question: string,
  { asker, output, yes }: Confirmation,
  signal: AbortSignal,
): Promise<void> {
  if (yes) return
  if (!asker.isThere)
    throw new NotConfirmedError(
      'nothing was done: there is no terminal to ask at. If it is meant, run the command again with --yes',
    )
  await output.note('')
  const answer = await asker.ask(`${question} Only "yes" is taken for it: `, signal)
  if (answer.trim() !== 'yes') throw new NotConfirmedError('nothing was done: the answer was not yes')
}

/** The person before the terminal. */
export const terminalAsker: Asker = {
  get isThere() {
    return (process.stdin.isTTY as boolean | undefined) === true && process.stderr.isTTY
  },
  async ask(question, signal) {
    // Not as a terminal: the line is the driver's to edit, and Ctrl-C stays a signal.
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
    try {
      const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
      const answer = await Promise.race([lines.question(question, { signal }), closed])
      // Nobody has ended the line of the question.
      if (answer === undefined) process.stderr.write('\n')
      return answer ?? ''
    } catch (error) {
      process.stderr.write('\n')
      signal.throwIfAborted()
      throw error
    } finally {
      lines.close()
    }
  },
}
