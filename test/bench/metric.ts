/** One figure of a benchmark, as `--json` prints it. */
export interface Metric {
  readonly metric: string
  /** Null where it could not be measured, as a ratio to a peer that is not there. */
  readonly value: number | null
  readonly unit: 'ms' | 's' | 'MB' | '×' | '%' | 'calls' | 'calls/min'
  /** What the value may be at most; null if nothing was promised. */
  readonly goal: number | null
  /** Null without a goal or a value. */
  readonly pass: boolean | null
}

/** Judges a value, rounded to four significant digits: more than any run repeats. */
export function metric(name: string, value: number | null, unit: Metric['unit'], goal?: number): Metric {
  return {
    metric: name,
    value: value === null ? null : Number(value.toPrecision(4)),
    unit,
    goal: goal ?? null,
    pass: goal === undefined || value === null ? null : value <= goal,
  }
}

export const missedGoals = (metrics: readonly Metric[]): readonly Metric[] =>
  metrics.filter(({ pass }) => pass === false)

/** `≤ 100 ✓`, or `≤ 100` of what could not be measured; null if nothing was promised. */
export function verdictOf(judged: Metric | undefined): string | null {
  const { goal = null, pass = null } = judged ?? {}
  if (goal === null) return null
  return `≤ ${goal}${pass === null ? '' : pass ? ' ✓' : ' ✗'}`
}
