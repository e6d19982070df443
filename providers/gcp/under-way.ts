import { ProviderError } from '../errors.ts'
import type { Outcome } from '../provider.ts'
import type { Target } from '../route.ts'
import { type Gce, callForPage } from './call.ts'
import type { CallOptions, GceApi, GceCall, ListAnswer, ListPage, WireOperation } from './gce-api.ts'
import { named } from './network-routes.ts'
import { ended } from './operations.ts'
import { type ResourcePath, instanceOfPath, pathOf } from './resource-names.ts'
import { mayBeNameIn } from './route-mark.ts'

/**
 * Writes of which nobody here knows what becomes: those of a leader that died, and those whose answer was lost. Their
 * operations go on, and a listing does not show what they are about to bring: taken for the whole truth, it would let a
 * podCIDR be given to the next node, or the record of a route be forgotten that is made a moment later.
 */
export class UnderWay {
  readonly #gce: Gce
  readonly #clusterName: string
  /** Networks of which every write that was begun is known to have ended, but for those that somebody waits for. */
  readonly #clear = new Set<ResourcePath>()

  constructor(gce: Gce, clusterName: string) {
    this.#gce = gce
    this.#clusterName = clusterName
  }

  /** To be told what became of changes. */
  learn(network: ResourcePath, outcomes: readonly Outcome[]): void {
    const isOpen = outcomes.some((one) => one.result === 'failed' && one.error.class === 'unknown-outcome')
    if (isOpen) this.#clear.delete(network)
  }

  /**
   * Before a network's routes are listed: resolves when all writes of them have ended, well or not; at once, without a call,
   * where none can be under way; and where podway may not ask, which {@link untilQuiet} has told.
   * @throws ProviderError `transient` if they have not ended within two minutes
   */
  async settled(network: ResourcePath, signal: AbortSignal): Promise<void> {
    try {
      await this.#routesSettled(network, signal)
    } catch (error) {
      if (!(error instanceof ProviderError) || error.class !== 'unauthorized') throw error
    }
  }

  /**
   * For a new leader: resolves when all writes of these networks' routes have ended, well or not, and of the interfaces of
   * those targets that are instances. Asks whatever is known: others may have written since.
   * @throws ProviderError `transient` if they have not ended within two minutes; or what forbids or hinders to ask
   */
  async untilQuiet(
    networks: readonly ResourcePath[],
    targets: readonly Target[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const network of networks) this.#clear.delete(network)
    await Promise.all([
      ...networks.map((network) => this.#routesSettled(network, signal)),
      ...zonesOf(targets).map((zone) => this.#interfacesSettled(zone, signal)),
    ])
  }

  async #routesSettled(network: ResourcePath, signal: AbortSignal): Promise<void> {
    if (this.#clear.has(network)) return
    this.#clear.add(network)
    const { project } = named(network)
    const list: Ask = (api, page, options) => api.listGlobalOperations({ project, ...page }, options)
    const isOurs = ({ targetLink = '' }: WireOperation): boolean =>
      mayBeNameIn(this.#clusterName, /\/global\/routes\/([^/]+)$/.exec(targetLink)?.[1] ?? '')
    try {
      await this.#allEnded({ project, name: 'listGlobalOperations', list, isOurs, what: network }, signal)
    } catch (error) {
      this.#clear.delete(network)
      throw error
    }
  }

  async #interfacesSettled({ paths, project, zone }: Zone, signal: AbortSignal): Promise<void> {
    const list: Ask = (api, page, options) => api.listZoneOperations({ project, zone, ...page }, options)
    const isOurs = ({ operationType, targetLink = '' }: WireOperation): boolean =>
      operationType === 'updateNetworkInterface' && paths.has(pathOf(targetLink))
    const what = `interfaces in ${zone}`
    await this.#allEnded({ project, name: 'listZoneOperations', list, isOurs, what }, signal)
  }

  async #allEnded({ isOurs, list, name, project, what }: Where, signal: AbortSignal): Promise<void> {
    const { items = [] } = await callForPage(this.#gce, name, signal, (api, options) =>
      list(api, newest, options),
    )
    const operations = items.filter((one) => one.status !== 'DONE' && isOurs(one))
    try {
      await Promise.all(operations.map((one) => ended(this.#gce, project, one, name, signal)))
    } catch (error) {
      if (!(error instanceof ProviderError) || error.class !== 'unknown-outcome') throw error
      const message = `what an earlier write to ${what} brings is not known yet: ${error.message}`
      throw new ProviderError('transient', message, { code: error.code, cause: error })
    }
  }
}

/**
 * The newest come first, without a filter: Google counts what a filter leaves out, and a project keeps its operations for
 * weeks. What is under way is among the last few hundred.
 */
const newest = { orderBy: 'creationTimestamp desc', maxResults: 500 } as const

type Ask = (
  api: GceApi,
  page: ListPage,
  options: CallOptions,
) => Promise<ListAnswer<readonly WireOperation[]>>

interface Where {
  readonly project: string
  readonly name: GceCall
  readonly list: Ask
  readonly isOurs: (operation: WireOperation) => boolean
  /** For people: what is written. */
  readonly what: string
}

interface Zone {
  readonly project: string
  readonly zone: string
  /** Of the instances there. */
  readonly paths: ReadonlySet<ResourcePath>
}

function zonesOf(targets: readonly Target[]): readonly Zone[] {
  const instances = targets.flatMap(({ kind, id }) => {
    const name = kind === 'instance' ? instanceOfPath(id) : undefined
    return name === undefined ? [] : [{ ...name, id }]
  })
  const zones = Map.groupBy(instances, ({ project, zone }) => `${project} ${zone}`)
  return [...zones.values()].flatMap((some) =>
    some
      .slice(0, 1)
      .map(({ project, zone }) => ({ project, zone, paths: new Set(some.map(({ id }) => id)) })),
  )
}
