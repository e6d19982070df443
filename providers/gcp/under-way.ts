import { ProviderError } from '../errors.ts'
import type { Change, Outcome } from '../provider.ts'
import { type Target, formatTarget } from '../route.ts'
import { callForPage } from './call.ts'
import type { CallOptions, GceApi, GceCall, ListAnswer, ListPage, WireOperation } from './gce-api.ts'
import { named } from './network-routes.ts'
import { ended } from './operations.ts'
import { type ResourcePath, instanceOfPath, pathOf } from './resource-names.ts'
import { mayBeNameIn } from './route-mark.ts'
import { type TargetFinder, instancesBehind } from './targets.ts'

/**
 * Writes of which nobody here knows what becomes: those of a leader that died, and those whose answer was lost. Their
 * operations go on, and a listing does not show what they are about to bring: taken for the whole truth, it would let a
 * podCIDR be given to the next node, or the record of a route be forgotten that is made a moment later.
 */
export class UnderWay {
  readonly #finder: TargetFinder
  readonly #clusterName: string
  /** Networks of which every write that was begun is known to have ended, but for those that somebody waits for. */
  readonly #clear = new Set<ResourcePath>()
  /** By text: of the interface that the target leads to, a write was begun that is not known to have ended. */
  readonly #open = new Map<string, { readonly target: Target }>()

  constructor(finder: TargetFinder, clusterName: string) {
    this.#finder = finder
    this.#clusterName = clusterName
  }

  /** To be told what became of changes of routes. */
  learn(network: ResourcePath, outcomes: readonly Outcome[]): void {
    if (outcomes.some(isOpen)) this.#clear.delete(network)
  }

  /** To be told what became of changes of alias ranges; the outcomes are in their order. */
  learnOfAliases(changes: readonly Change[], outcomes: readonly Outcome[]): void {
    this.#reopen(changes.filter((_, index) => isOpen(outcomes[index])).flatMap(targetsOf))
  }

  /**
   * Before a network's routes are listed: resolves when all writes of them have ended, well or not; at once, without a call,
   * where none can be under way; and where podway may not ask, which {@link untilQuiet} has told.
   * @throws ProviderError `transient` if they have not ended within two minutes
   */
  settled(network: ResourcePath, signal: AbortSignal): Promise<void> {
    return unlessForbidden(this.#routesSettled(network, signal))
  }

  /** Before alias ranges are listed: as {@link settled}, of writes of interfaces. */
  aliasesSettled(signal: AbortSignal): Promise<void> {
    return unlessForbidden(this.#interfacesSettled(signal))
  }

  /**
   * For a new leader: resolves when all writes of these networks' routes have ended, well or not, and of those targets'
   * interfaces. Asks whatever is known: others may have written since.
   * @throws ProviderError `transient` if they have not ended within two minutes; or what forbids or hinders to ask
   */
  async untilQuiet(
    networks: readonly ResourcePath[],
    targets: readonly Target[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const network of networks) this.#clear.delete(network)
    this.#reopen(targets)
    await Promise.all([
      ...networks.map((network) => this.#routesSettled(network, signal)),
      this.#interfacesSettled(signal),
    ])
  }

  #reopen(targets: readonly Target[]): void {
    for (const target of targets) this.#open.set(formatTarget(target), { target })
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

  async #interfacesSettled(signal: AbortSignal): Promise<void> {
    if (this.#open.size === 0) return
    const open = [...this.#open]
    const targets = open.map(([, { target }]) => target)
    const zones = zonesOf(await this.#instancesOf(targets, signal))
    await Promise.all(zones.map((zone) => this.#zoneSettled(zone, signal)))
    // Another write may have been lost meanwhile.
    for (const [key, one] of open) if (this.#open.get(key) === one) this.#open.delete(key)
  }

  /** What is known by its address alone is looked up; what is not there any more has no operation to wait for. */
  async #instancesOf(targets: readonly Target[], signal: AbortSignal): Promise<readonly ResourcePath[]> {
    const addresses = targets.filter(({ kind }) => kind === 'address')
    const behind = addresses.length === 0 ? [] : await instancesBehind(this.#finder, addresses, signal)
    return [
      ...targets.filter(({ kind }) => kind === 'instance').map(({ id }) => id),
      ...behind.flatMap((sighting) =>
        sighting.kind === 'instance' ? [pathOf(sighting.instance.selfLink ?? '')] : [],
      ),
    ]
  }

  async #zoneSettled({ paths, project, zone }: Zone, signal: AbortSignal): Promise<void> {
    const list: Ask = (api, page, options) => api.listZoneOperations({ project, zone, ...page }, options)
    const isOurs = ({ operationType, targetLink = '' }: WireOperation): boolean =>
      operationType === 'updateNetworkInterface' && paths.has(pathOf(targetLink))
    const what = `interfaces in ${zone}`
    await this.#allEnded({ project, name: 'listZoneOperations', list, isOurs, what }, signal)
  }

  async #allEnded({ isOurs, list, name, project, what }: Where, signal: AbortSignal): Promise<void> {
    const { items = [] } = await callForPage(this.#finder.gce, name, signal, (api, options) =>
      list(api, newest, options),
    )
    const operations = items.filter((one) => one.status !== 'DONE' && isOurs(one))
    try {
      await Promise.all(operations.map((one) => ended(this.#finder.gce, project, one, name, signal)))
    } catch (error) {
      if (!(error instanceof ProviderError) || error.class !== 'unknown-outcome') throw error
      const message = `what an earlier write to ${what} brings is not known yet: ${error.message}`
      throw new ProviderError('transient', message, { code: error.code, cause: error })
    }
  }
}

const isOpen = (outcome: Outcome | undefined): boolean =>
  outcome?.result === 'failed' && outcome.error.class === 'unknown-outcome'

/** Whose interfaces a change may write. */
const targetsOf = (change: Change): readonly Target[] => [
  ...(change.op === 'create' ? [] : [change.from]),
  ...(change.op === 'delete' ? [] : [change.target]),
]

async function unlessForbidden(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ProviderError) || error.class !== 'unauthorized') throw error
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

function zonesOf(paths: readonly ResourcePath[]): readonly Zone[] {
  const instances = paths.flatMap((path) => {
    const name = instanceOfPath(path)
    return name === undefined ? [] : [{ ...name, path }]
  })
  const zones = Map.groupBy(instances, ({ project, zone }) => `${project} ${zone}`)
  return [...zones.values()].flatMap((some) =>
    some
      .slice(0, 1)
      .map(({ project, zone }) => ({ project, zone, paths: new Set(some.map(({ path }) => path)) })),
  )
}
