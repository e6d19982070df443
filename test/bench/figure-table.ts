/** A cell is text; `null` is one that has no meaning in its row. */
export type Row = readonly (string | null)[]

/**
 * Columns as wide as their widest cell, the first one of names to the left, the others of figures to the right. The
 * heading stands above a line.
 */
export function figureTable(heading: Row, rows: readonly Row[]): string {
  const all = [heading, ...rows]
  const columns = Math.max(...all.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: Row): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd()
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width, 2 * (columns - 1)))
  return [line(heading), rule, ...rows.map(line)].join('\n')
}

/** Three significant digits, never in powers of ten: `1665`, `28.1`, `0.0123`. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0)
  if (value <= 0) return '0'
  return value.toFixed(Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(value)))))
}
