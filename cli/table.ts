export interface Column<Row> {
  readonly title: string
  readonly of: (row: Row) => string
}

/**
 * Lines of text with a heading: columns as wide as their widest cell, three blanks between them, nothing behind the last;
 * an empty cell is `-`, so that a reader who splits at blanks keeps his count. Ends with a line feed.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => cell(of(row)))),
  ]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => width(line[index] ?? ''))))
  return cells
    .map((line) => line.map((text, index) => pad(text, widths[index] ?? 0)).join('   '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
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
