import type { FindingFacts } from '../../../../providers/finding.ts'
import { markdownTable } from '../../../testing/markdown-table.ts'

/** What the reference has of one cloud. */
export interface CloudSection {
  readonly provider: string
  readonly findings: Readonly<Record<string, FindingFacts>>
  /** The whole section of `docs/reference/doctor.md`, in Markdown. */
  readonly text: string
}

/** The table of findings, in the order of the program. */
export const findingsTable = (findings: Readonly<Record<string, FindingFacts>>): string =>
  markdownTable([
    ['code', 'severity', 'what is so', 'what to do'],
    ...Object.entries(findings).map(([code, { meaning, remedy, severity }]) => [
      `\`${code}\``,
      severity,
      meaning,
      severity === 'ok' ? '' : remedy,
    ]),
  ])
