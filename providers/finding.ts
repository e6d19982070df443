/**
 * `ok`: examined, and as it should be · `warning`: it works, or may, and somebody should look · `error`: pods don't reach
 * each other, or won't · `unknown`: it could not be examined.
 */
export type Severity = 'ok' | 'warning' | 'error' | 'unknown'

/** What a finding is about. */
export interface FindingObject {
  /** In the words of the cloud or of Kubernetes: `Node`, `route-table`, `permission`. */
  readonly kind: string
  readonly name: string
}

/** One thing that an examination found. Its code is stable: people filter by it. */
export interface Finding {
  readonly code: string
  readonly severity: Severity
  readonly object: FindingObject
  /** One sentence that says what is so. */
  readonly message: string
  /** What to type or to change, as a sentence; undefined where nothing is to be done. */
  readonly fix: string | undefined
}

/** What is known of all findings of one code; the reference is made of it. */
export interface FindingFacts {
  readonly severity: Severity
  /** What is so, as a sentence. */
  readonly meaning: string
  /** What a person can do about it, as a sentence. */
  readonly remedy: string
}

/** Of what is as it should be. */
export const isWell = (meaning: string) => ({ severity: 'ok', meaning, remedy: 'Nothing.' }) as const

export interface FindingDraft {
  readonly object: FindingObject
  readonly message: string
  /** Where something more exact can be said than the remedy of all findings of the code. */
  readonly fix?: string
}

/** Makes findings of the codes of one table. */
export const findingsOf =
  <Code extends string>(table: Readonly<Record<Code, FindingFacts>>) =>
  (code: Code, { object, message, fix }: FindingDraft): Finding => {
    const { remedy, severity } = table[code]
    return { code, severity, object, message, fix: severity === 'ok' ? undefined : (fix ?? remedy) }
  }

/** `2 Nodes (a, b)`, `5 Nodes (a, b, c …)`: enough of a long list to begin with. */
export function someOf(noun: string, names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ')
  return names.length === 1
    ? `${noun} ${shown}`
    : `${names.length} ${noun}s (${shown}${names.length > 3 ? ' …' : ''})`
}

/** As a sentence begins. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
