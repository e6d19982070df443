import { styleText } from 'node:util'
import type { Severity } from '../../providers/finding.ts'
import { standardOutput } from '../output.ts'

const colours = { error: 'red', warning: 'yellow', unknown: 'magenta', ok: 'green' } as const

/** On a terminal, unless NO_COLOR says otherwise: that is what `styleText` looks at. */
export const paint = (text: string, severity: Severity): string =>
  styleText(colours[severity], text, { stream: process.stdout })

/** For a person who waits; a log has no use for it. */
export function progress(what: string): void {
  if (process.stderr.isTTY) void standardOutput.note(`Reading ${what} …`)
}
