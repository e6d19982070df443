export interface Column<Row> {
  readonly title: string
  readonly of: (row: Row) => string
  /**
   * How a cell is shortened where the table is too wide: in its middle unless told, since identifiers differ at both ends; at
   * its end, as a sentence; or never, as what would be mistaken for another then.
   */
  readonly shorten?: 'middle' | 'end' | 'never'
  /** Colours the cell, blanks behind it included. */
  readonly paint?: (text: string, row: Row) => string
}

const gap = '   '

/** To less no cell is shortened: what is left would tell nothing. */
const leastWidth = 8

/**
 * Lines of text with a heading: columns as wide as their widest cell, three blanks between them, nothing behind the last;
 * an empty cell is `-`, so that a reader who splits at blanks keeps his count. Where a line would be longer than `fit`, the
 * widest columns are shortened until it fits or nothing is left to shorten. Ends with a line feed.
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  fit?: number,
): string {
  const cells = rows.map((row) => columns.map(({ of }) => cell(of(row))))
  const wanted = columns.map(({ title }, index) =>
    Math.max(width(title), ...cells.map((line) => width(line[index] ?? ''))),
  )
  const widths = fitting(
    wanted,
    columns.map(({ shorten, title }) =>
      shorten === 'never' ? Infinity : Math.max(leastWidth, width(title)),
    ),
    fit === undefined ? Infinity : fit - gap.length * (columns.length - 1),
  )
  const laid = (texts: readonly string[]): readonly string[] => {
    const last = texts.findLastIndex((text) => text !== '')
    return texts
      .slice(0, last + 1)
      .map((text, index) => [shortened(text, widths[index] ?? 0, columns[index]?.shorten), index] as const)
      .map(([text, index]) => (index === last ? text : pad(text, widths[index] ?? 0)))
  }
  const heading = laid(columns.map(({ title }) => title)).join(gap)
  const lines = cells.map((texts, row) =>
    laid(texts)
      .map((text, index) => {
        const paint = columns[index]?.paint
        const of = rows[row]
        return paint === undefined || of === undefined ? text : paint(text, of)
      })
      .join(gap),
  )
  return [heading, ...lines].map((line) => `${line.trimEnd()}\n`).join('')
}

/** The widths, the widest reduced first, until their sum is at most `all`; none below its least. */
function fitting(wanted: readonly number[], least: readonly number[], all: number): readonly number[] {
  const widths = [...wanted]
  const sum = (): number => widths.reduce((total, one) => total + one, 0)
  while (sum() > all) {
    const shrinkable = widths.flatMap((one, index) => (one > (least[index] ?? 0) ? [index] : []))
    const [widest] = shrinkable.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))
    if (widest === undefined) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

/** `eni-0123…cdef`, or `a sentence that is …`. */
export function shortened(text: string, columns: number, where: Column<never>['shorten'] = 'middle'): string {
  const letters = Array.from(text)
  if (letters.length <= columns) return text
  const kept = columns - 1
  const behind = where === 'end' ? 0 : Math.floor(kept / 3)
  return `${letters.slice(0, kept - behind).join('')}…${behind === 0 ? '' : letters.slice(-behind).join('')}`
}

const cell = (text: string): string => {
  const clean = oneLine(text)
  return clean === '' ? '-' : clean
}

/** What comes from a cloud or a cluster may hold anything: a line feed would break the table, an escape the terminal. */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()

/** Code points: names and addresses are letters of one column. */
const width = (text: string): number => Array.from(text).length
const pad = (text: string, columns: number): string => text + ' '.repeat(columns - width(text))
