import { formatCidr } from '../net/cidr.ts'
import type { Adoption } from './adopt.ts'
import type { Finding, Found } from './find-adoptable.ts'
import { type ListFormat, formatDocument } from './output.ts'
import { type Column, formatTable } from './table.ts'

/** One line of the report. The field names are those of the JSON, and stay. */
export interface AdoptLine {
  readonly table: string
  readonly destination: string
  /** Names of the Nodes that have the podCIDR: one, unless that is what is wrong. */
  readonly nodes: readonly string[]
  readonly target: { readonly kind: string; readonly id: string }
  readonly result: 'adoptable' | 'adopted' | 'failed' | 'refused'
  /** One CamelCase word where it was refused or failed. */
  readonly reason: string | null
  readonly message: string | null
}

/** The findings, with what became of those that were adopted. What is podway's already is left out. */
export function reportLines(
  findings: readonly Finding[],
  adoptions: readonly Adoption[],
): readonly AdoptLine[] {
  const became = new Map(adoptions.map((adoption) => [adoption.finding, adoption]))
  return findings.flatMap((finding) => {
    const { answer, input, table } = finding
    if (!answer.adopt && answer.reason === 'Owned') return []
    return [
      {
        table: table.id,
        destination: formatCidr(input.destination),
        nodes: input.claimants.map(({ name }) => name),
        target: { kind: input.observed.target.kind, id: input.observed.target.id },
        ...resultOf(finding, became.get(finding)),
      },
    ]
  })
}

function resultOf(
  { answer }: Finding,
  adoption: Adoption | undefined,
): Pick<AdoptLine, 'result' | 'reason' | 'message'> {
  if (!answer.adopt) return { result: 'refused', reason: answer.reason, message: answer.message }
  if (adoption === undefined) return { result: 'adoptable', reason: null, message: null }
  if (adoption.failure === undefined) return { result: 'adopted', reason: null, message: null }
  return { result: 'failed', reason: 'NotRecorded', message: adoption.failure }
}

export interface AdoptReport {
  readonly lines: readonly AdoptLine[]
  readonly unread: Found['unread']
}

/** A table of what may be or was adopted, and one of the rest with the reasons; or JSON of all in one list. */
export function formatReport(
  { lines, unread }: AdoptReport,
  format: ListFormat,
  columnsThatFit?: number,
): string {
  switch (format) {
    case 'json':
    case 'yaml': {
      const unreadTables = unread.map(({ table, error }) => ({ table: table.id, message: error.message }))
      return formatDocument('AdoptionList', { routes: lines, unreadTables }, format)
    }
    case 'table': {
      const good = lines.filter(({ reason }) => reason === null)
      const bad = lines.filter(({ reason }) => reason !== null)
      return [
        ...(good.length === 0 ? [] : [formatTable(columns, good, columnsThatFit)]),
        ...(bad.length === 0
          ? []
          : [`Not adopted:\n${formatTable([...columns, ...reasonColumns], bad, columnsThatFit)}`]),
      ].join('\n')
    }
  }
}

const columns: readonly Column<AdoptLine>[] = [
  { title: 'TABLE', of: ({ table }) => table },
  { title: 'DESTINATION', of: ({ destination }) => destination },
  { title: 'NODE', of: ({ nodes }) => nodes.join(',') },
  { title: 'TARGET', of: ({ target }) => `${target.kind}/${target.id}` },
]

const reasonColumns: readonly Column<AdoptLine>[] = [
  { title: 'REASON', of: ({ reason }) => reason ?? '' },
  { title: 'MESSAGE', of: ({ message }) => message ?? '' },
]
