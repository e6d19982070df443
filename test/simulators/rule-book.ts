/** What a test has said is to go wrong: how many times, before it is used up; once unless told. */
interface Rule {
  readonly times?: number
}

export interface RuleBook<R extends Rule> {
  /** Rules are asked in the order of injection. Returns what takes the rule back. */
  readonly inject: (rule: R) => () => void
  readonly clear: () => void
  /** The first rule that is left and fits; counts it. */
  readonly strike: (fits: (rule: R) => boolean) => R | undefined
}

export function createRuleBook<R extends Rule>(): RuleBook<R> {
  let entries: { readonly rule: R; left: number }[] = []
  return {
    inject(rule) {
      const entry = { rule, left: rule.times ?? 1 }
      entries.push(entry)
      return () => {
        entries = entries.filter((other) => other !== entry)
      }
    },
    clear() {
      entries = []
    },
    strike(fits) {
      const entry = entries.find(({ rule, left }) => left > 0 && fits(rule))
      if (entry === undefined) return undefined
      entry.left--
      return entry.rule
    },
  }
}
