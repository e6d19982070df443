import { ValueError } from './value-type.ts'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

export const aDuration = 'expected a duration such as 30s, 5m or 1h30m'

/** Go's duration text (`90s`, `1m30s`, `1.5h`), in milliseconds. @throws ValueError */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) throw new ValueError(aDuration)
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 0), 0)
}
