import type { Answer } from './cloud.ts'

/**
 * Lines that say what one answer has and the other has not: `simulator: 400 RouteAlreadyExists`, `LocalStack: 200`. None
 * if they agree. What an answer holds is of interest only where the other one is no refusal.
 */
export function compare(simulator: Answer, localStack: Answer): readonly string[] {
  const [ours, theirs] =
    simulator.verdict === localStack.verdict
      ? [simulator.fields, localStack.fields]
      : [[simulator.verdict], [localStack.verdict]]
  return [
    ...without(ours, theirs).map((line) => `simulator: ${line}`),
    ...without(theirs, ours).map((line) => `LocalStack: ${line}`),
  ].sort()
}

/** Each line as often as it is there more often than in the other. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others]
  return lines.filter((line) => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
