import type { Logger } from '../../kube/log.ts'
import type { EventSink, EventSubject } from '../report/events.ts'
import type { Allocator } from './allocator.ts'
import { PoolConfigurationError } from './pool.ts'
import { readPools } from './pool-document.ts'

/** Where the pools are written down, outside of the program: a ConfigMap, a file. */
export interface PoolSource {
  /** For people: `ConfigMap podway-system/podway-pools, key pools.yaml`. */
  readonly name: string
  /** Tells the text as it is, and each time it has changed; undefined if there is none. Runs until the signal aborts. */
  follow(see: (text: string | undefined) => void, signal: AbortSignal): Promise<void>
}

export interface PoolReloadParts {
  readonly allocator: Pick<Allocator, 'configure'>
  readonly source: Pick<PoolSource, 'name'>
  /** The pools are others than before. */
  readonly onChange: () => void
  readonly events: EventSink
  readonly subject: EventSubject
  readonly log: Logger
}

/** Takes over what a source says. What can't be served is told, and those of before are served on. */
export class PoolReload {
  readonly #parts: PoolReloadParts
  #last: { readonly text: string | undefined } | undefined

  constructor(parts: PoolReloadParts) {
    this.#parts = parts
  }

  see(text: string | undefined): void {
    if (this.#last !== undefined && this.#last.text === text) return
    this.#last = { text }
    const { allocator, log, onChange, source } = this.#parts
    if (text === undefined) {
      this.#refuse('it is not there')
      return
    }
    try {
      const pools = readPools(text)
      allocator.configure(pools)
      log.info({ source: source.name, pools: pools.length }, 'pools are taken over')
    } catch (error) {
      if (!(error instanceof PoolConfigurationError)) throw error
      this.#refuse(error.message)
      return
    }
    onChange()
  }

  #refuse(problem: string): void {
    const { events, log, source, subject } = this.#parts
    const note = `pools can’t be taken from ${source.name}: ${problem}. Those of before are served on`
    log.error({ source: source.name }, note)
    events.record({
      regarding: subject,
      type: 'Warning',
      reason: 'PoolsInvalid',
      action: 'ReadPools',
      note,
    })
  }
}
