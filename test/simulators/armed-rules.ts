/** Rules that strike so many times each, and are asked in the order of their injection. */
export class ArmedRules<Rule extends { readonly times?: number }> {
  #entries: { readonly rule: Rule; left: number }[] = []

  /** Once without `times`. Returns what takes the rule back. */
  inject(rule: Rule): () => void {
    const entry = { rule, left: rule.times ?? 1 }
    this.#entries.push(entry)
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry)
    }
  }

  clear(): void {
    this.#entries = []
  }

  /** The first one that fits and is not used up; it counts as used once. */
  take(fits: (rule: Rule) => boolean): Rule | undefined {
    const entry = this.#entries.find(({ left, rule }) => left > 0 && fits(rule))
    if (entry === undefined) return undefined
    entry.left--
    return entry.rule
  }
}
