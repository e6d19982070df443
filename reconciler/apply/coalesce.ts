/**
 * Turns many small requests into few large ones without making the first one wait: at once when nothing is in flight,
 * and what arrives meanwhile is the next batch. Requests of one lane never overlap; lanes don't wait for each other.
 *
 * `run` gets at most `max` items and must answer one result an item, in order; if it rejects, so does every caller of
 * that batch, and the next batch goes on.
 */
export class Coalescer<Item, Result> {
  readonly #run: (lane: string, items: readonly Item[]) => Promise<readonly Result[]>
  readonly #max: number
  readonly #lanes = new Map<string, Waiting<Item, Result>[]>()

  constructor(
    run: (lane: string, items: readonly Item[]) => Promise<readonly Result[]>,
    options: { readonly max: number },
  ) {
    this.#run = run
    this.#max = options.max
  }

  submit(lane: string, item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject }
      const queue = this.#lanes.get(lane)
      if (queue !== undefined) {
        queue.push(waiting)
        return
      }
      this.#lanes.set(lane, [waiting])
      // A turn of the event loop later, so that what is submitted in one go travels together.
      queueMicrotask(() => void this.#drain(lane))
    })
  }

  async #drain(lane: string): Promise<void> {
    const queue = this.#lanes.get(lane) ?? []
    while (queue.length > 0) {
      const batch = queue.splice(0, this.#max)
      try {
        const results = await this.#run(
          lane,
          batch.map((waiting) => waiting.item),
        )
        for (const [index, waiting] of batch.entries()) {
          const result = results[index]
          if (result === undefined)
            waiting.reject(new Error(`a batch of ${batch.length} got ${results.length} results`))
          else waiting.resolve(result)
        }
      } catch (error) {
        for (const waiting of batch) waiting.reject(error)
      }
    }
    this.#lanes.delete(lane)
  }
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}
