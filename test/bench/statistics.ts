/**
 * The value below which that share of the values lies, interpolated between neighbours (R's type 7, numpy's default).
 * @param share from 0 to 1
 * @throws Error if there is no value
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = share * (sorted.length - 1)
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) throw new Error('there is nothing to take a quantile of')
  return Math.min(above, below + (above - below) * (position - Math.floor(position)))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** One quantity for two contenders, measured in turns: the quartiles of the rounds' own ratios. */
export interface Ratio {
  readonly low: number
  readonly median: number
  readonly high: number
}

/**
 * How many times theirs ours is. The values of one index were measured right after one another, so that a machine that
 * becomes slower or faster meanwhile moves both.
 * @throws Error if there is no value, or not as many on both sides
 */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  if (ours.length !== theirs.length) throw new Error('a ratio needs as many values on both sides')
  const rounds = ours.map((value, round) => value / (theirs[round] ?? Number.NaN))
  return { low: quantile(rounds, 0.25), median: median(rounds), high: quantile(rounds, 0.75) }
}
