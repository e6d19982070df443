import type { Finding, Severity } from '../../providers/finding.ts'
import { type ListFormat, formatDocument } from '../output.ts'
import { oneLine } from '../table.ts'

/** Colours a text by how bad it is; leaves it as it is where no colours are wanted. */
export type Paint = (text: string, severity: Severity) => string

/** The worst first. */
const severities = ['error', 'warning', 'unknown', 'ok'] as const satisfies readonly Severity[]

/** The worst first; those of one severity as the checks found them. */
export const inOrder = (findings: readonly Finding[]): readonly Finding[] =>
  severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity))

export interface Tally {
  readonly counts: Readonly<Record<Severity, number>>
  /** `2 errors, 1 warning, 0 unknown, 7 ok` */
  readonly text: string
}

export function tally(findings: readonly Finding[]): Tally {
  const count = (severity: Severity): number => findings.filter((one) => one.severity === severity).length
  const counts = {
    error: count('error'),
    warning: count('warning'),
    unknown: count('unknown'),
    ok: count('ok'),
  }
  const several = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
  const text = `${several(counts.error, 'error')}, ${several(counts.warning, 'warning')}, ${counts.unknown} unknown, ${counts.ok} ok`
  return { counts, text }
}

/**
 * For people a paragraph for each finding, with its fix on a line of its own, and not too many of one code; for programs
 * `{"findings": [{"code", "severity", "object": {"kind", "name"}, "message", "fix"}], "counts": {…}}`, where `fix` may be
 * null.
 */
export function formatFindings(findings: readonly Finding[], format: ListFormat, paint: Paint): string {
  switch (format) {
    case 'json':
    case 'yaml': {
      const lines = findings.map(({ code, severity, object, message, fix = null }) => ({
        code,
        severity,
        object: { kind: object.kind, name: object.name },
        message,
        fix,
      }))
      return formatDocument('FindingList', { findings: lines, counts: tally(findings).counts }, format)
    }
    case 'table':
      return [...Map.groupBy(findings, ({ code }) => code).values()]
        .map((same) => paragraphs(same, paint))
        .join('')
  }
}

/** So many of one code are shown to people, who would lose sight of the others. */
const mostOfOneCode = 5

function paragraphs(same: readonly Finding[], paint: Paint): string {
  const shown = same.slice(0, mostOfOneCode).map((finding) => paragraph(finding, paint))
  const left = same.length - shown.length
  if (left === 0) return shown.join('')
  const more = `${' '.repeat(indent)}… and ${left} more of ${same[0]?.code ?? ''}: --output json has all of them.\n`
  return [...shown, more].join('')
}

/** As wide as the longest severity, and two blanks. */
const indent = 9

function paragraph({ code, fix, message, object, severity }: Finding, paint: Paint): string {
  const head = `${paint(severity.padEnd(indent), severity)}${code}  ${oneLine(object.kind)}/${oneLine(object.name)}`
  const lines = [message, ...(fix === undefined ? [] : [`Fix: ${fix}`])]
  return [head, ...lines.map((line) => `${' '.repeat(indent)}${oneLine(line)}`)]
    .map((line) => `${line}\n`)
    .join('')
}
