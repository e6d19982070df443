import type { Node } from '../../kube/objects.ts'
import type { LedgerRecord } from '../../reconciler/ledger/record.ts'
import type { Leader } from '../apply/busy-controller.ts'
import { type ListFormat, type Output, formatDocument } from '../output.ts'
import type { Paint } from '../terminal/paint.ts'
import { type Status, makeStatus } from './make-status.ts'
import { formatStatus, statusLines } from './status-report.ts'

export interface StatusParts {
  readonly nodes: (signal: AbortSignal) => Promise<readonly Node[]>
  readonly records: (signal: AbortSignal) => Promise<readonly LedgerRecord[]>
  readonly leader: (signal: AbortSignal) => Promise<Leader | undefined>
  readonly output: Output
  readonly paint: Paint
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Prints how things stand. Asks no cloud, writes nothing. */
export async function runStatus(format: ListFormat, parts: StatusParts, signal: AbortSignal): Promise<void> {
  const { now, output, paint } = parts
  const status = await readStatus(parts, signal)
  await output.result(
    format === 'table'
      ? formatStatus(status, { paint, columns: output.columns, now: now() })
      : formatDocument('Status', status, format),
  )
}

async function readStatus(parts: StatusParts, signal: AbortSignal): Promise<Status> {
  const [nodes, records, leader] = await Promise.all([
    parts.nodes(signal),
    parts.records(signal),
    parts.leader(signal),
  ])
  return makeStatus({ nodes, records, leader })
}

export interface WatchParts extends StatusParts {
  /** Calls back, with no hurry, whenever something may have changed; resolves when the signal aborts. */
  readonly follow: (changed: () => Promise<void>, signal: AbortSignal) => Promise<void>
  /** Lines that a screen takes; undefined where it is no screen. */
  readonly rows: () => number | undefined
}

/** To the upper left corner, and nothing left of the screen behind it: ECMA-48 CUP and ED. */
const clearScreen = '\u001b[H\u001b[2J'

/**
 * Follows how things stand until the signal aborts: a screen is drawn anew, elsewhere a line is printed for each thing that
 * has changed, with `-` for what is no more so and `+` for what is.
 */
export async function watchStatus(parts: WatchParts, signal: AbortSignal): Promise<void> {
  const { follow, now, output, paint, rows } = parts
  let before: readonly string[] = []
  await follow(async () => {
    const status = await readStatus(parts, signal)
    const lines = statusLines(status)
    const height = rows()
    if (height !== undefined) {
      const text = formatStatus(status, { paint, columns: output.columns, now: now() })
      await output.result(`${clearScreen}${cut(text, height - 1)}`)
    } else {
      const known = new Set(before)
      const current = new Set(lines)
      const changes = [
        ...before.filter((line) => !current.has(line)).map((line) => `- ${line}\n`),
        ...lines.filter((line) => !known.has(line)).map((line) => `+ ${line}\n`),
      ]
      if (changes.length > 0) await output.result(changes.join(''))
    }
    before = lines
  }, signal)
}

function cut(text: string, lines: number): string {
  const all = text.trimEnd().split('\n')
  if (all.length <= lines) return text
  return [...all.slice(0, lines - 1), `… and ${all.length - lines + 1} more lines`, ''].join('\n')
}
