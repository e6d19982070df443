/**
 * Whose target is looked at next though nothing is known to have changed: few at a time, each in its turn, so that a large
 * cluster asks its cloud no more often than a small one.
 */
export class TargetRounds {
  /** By node name: a higher number for a later look. */
  readonly #looks = new Map<string, number>()
  #count = 0

  /** So many of the suspects, and then so many of the others; of each, those of `names` that were not looked at for longest. */
  next(names: readonly string[], suspects: ReadonlySet<string>, count: number): readonly string[] {
    const present = new Set(names)
    for (const name of this.#looks.keys()) if (!present.has(name)) this.#looks.delete(name)
    const last = (name: string): number => this.#looks.get(name) ?? 0
    const inTurn = names.toSorted((a, b) => last(a) - last(b))
    const chosen = [true, false].flatMap((suspect) =>
      inTurn.filter((name) => suspects.has(name) === suspect).slice(0, count),
    )
    for (const name of chosen) this.#looks.set(name, ++this.#count)
    return chosen
  }
}
