/**
 * Routes that a write of this run has added, and that Azure refused for what they say after it had taken the write on. The
 * table holds them all the same, marked as failed. As long as they stand there, the next write has to bring them along, and
 * fails as this one did, whatever else it is for: so it leaves them out, until their own turn comes again.
 */
export class Leftovers {
  readonly #names = new Map<string, Set<string>>()

  /** Names of routes, in lower case. */
  of(table: string): ReadonlySet<string> {
    return this.#names.get(table) ?? new Set()
  }

  failed(table: string, names: readonly string[]): void {
    this.#names.set(table, new Set([...this.of(table), ...names]))
  }

  done(table: string, names: readonly string[]): void {
    for (const name of names) this.#names.get(table)?.delete(name)
  }
}
