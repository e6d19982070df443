import type { WriteStream } from 'node:tty'

/** Narrower, no table can be read. */
const least = 20

/**
 * How wide the terminal is, undefined if there is none: what goes into a file or a pipe is not cut. COLUMNS wins, as it does
 * for other programs, if it is a sensible number.
 */
export function terminalColumns(
  stream: Pick<WriteStream, 'isTTY' | 'columns'>,
  env: Readonly<Record<string, string | undefined>>,
): number | undefined {
  // Node has no such property where there is no terminal, whatever its types say.
  if (!(stream.isTTY as boolean | undefined)) return undefined
  const told = /^\d+$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : stream.columns
  // A terminal that was never told its size has 0.
  return told >= least ? told : undefined
}
