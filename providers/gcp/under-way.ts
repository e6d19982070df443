import { ProviderError } from '../errors.ts'
import type { Outcome } from '../provider.ts'
import { type Gce, callForPage } from './call.ts'
import type { WireOperation } from './gce-api.ts'
import { named } from './network-routes.ts'
import { ended } from './operations.ts'
import { type ResourcePath, pathOf } from './resource-names.ts'
import { isNamedByPodway } from './route-mark.ts'

/**
 * Writes of which nobody here knows what becomes: those of a leader that died, and those whose answer was lost. Their
 * operations go on, and a listing does not show what they are about to bring: taken for the whole truth, it would let a
 * podCIDR be given to the next node, or the record of a route be forgotten that is made a moment later.
 */
export class UnderWay {
  readonly #gce: Gce
  /** Networks of which every write that was begun is known to have ended, but for those that somebody waits for. */
  readonly #clear = new Set<ResourcePath>()

  constructor(gce: Gce) {
    this.#gce = gce
  }

  /** To be told what became of changes. */
  learn(network: ResourcePath, outcomes: readonly Outcome[]): void {
    const isOpen = outcomes.some((one) => one.result === 'failed' && one.error.class === 'unknown-outcome')
    if (isOpen) this.#clear.delete(network)
  }

  /**
   * Resolves when what is under way has ended, well or not: at once, without a call, where nothing can be.
   * @throws ProviderError `transient` if it has not ended within two minutes
   */
  async settled(network: ResourcePath, signal: AbortSignal): Promise<void> {
    if (this.#clear.has(network)) return
    this.#clear.add(network)
    try {
      const { project } = named(network)
      const operations = await this.#operations(project, signal)
      await Promise.all(
        operations.map((one) => ended(this.#gce, project, one, 'listGlobalOperations', signal)),
      )
    } catch (error) {
      this.#clear.delete(network)
      if (!(error instanceof ProviderError) || error.class !== 'unknown-outcome') throw error
      const message = `what an earlier write to ${network} brings is not known yet: ${error.message}`
      throw new ProviderError('transient', message, { code: error.code, cause: error })
    }
  }

  /**
   * Those at work on routes that have podway's names. The newest come first, without a filter: Google counts what a filter
   * leaves out, and a project keeps its operations for weeks. What is under way is among the last few hundred.
   */
  async #operations(project: string, signal: AbortSignal): Promise<readonly WireOperation[]> {
    const newest = { project, orderBy: 'creationTimestamp desc', maxResults: 500 }
    const { items = [] } = await callForPage(this.#gce, 'listGlobalOperations', signal, (api, options) =>
      api.listGlobalOperations(newest, options),
    )
    return items.filter(
      ({ status, targetLink = '' }) =>
        status !== 'DONE' && isNamedByPodway(/\/global\/routes\/([^/]+)$/.exec(pathOf(targetLink))?.[1]),
    )
  }
}
