import type { Finding, Severity } from '../../providers/finding.ts'
import { type ListFormat, formatJson } from '../output.ts'
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
 * For people a paragraph for each finding, with its fix on a line of its own; for programs
 * `{"findings": [{"code", "severity", "object": {"kind", "name"}, "message", "fix"}], "counts": {…}}`, where `fix` may be
 * null.
 */
export function formatFindings(findings: readonly Finding[], format: ListFormat, paint: Paint): string {
  switch (format) {
    case 'json': {
      const lines = findings.map(({ code, severity, object, message, fix = null }) => ({
        code,
        severity,
        object: { kind: object.kind, name: object.name },
        message,
        fix,
      }))
      return formatJson({ findings: lines, counts: tally(findings).counts })
    }
    case 'table':
      return findings.map((finding) => paragraph(finding, paint)).join('')
  }
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
