import type { KubeClient, KubeRequest } from '../../kube/client.ts'
import type { RouteProvider } from '../../providers/provider.ts'

/** Told of each call before it is made, and after it was; both may wait or throw, as if the call did. */
export interface Tap {
  readonly before?: (call: string) => void | Promise<void>
  readonly after?: (call: string) => void | Promise<void>
}

/** Counts what is under way, so that a test knows when nothing more happens by itself. */
export class Traffic {
  #inFlight = 0

  get inFlight(): number {
    return this.#inFlight
  }

  async #count<T>(work: Promise<T>): Promise<T> {
    this.#inFlight++
    try {
      return await work
    } finally {
      this.#inFlight--
    }
  }

  /** The client with its requests counted and its writes tapped; a watch is always under way and counts for nothing. */
  kube(client: KubeClient, tap: Tap): KubeClient {
    const tapped = this.#tapped(tap)
    return {
      request: <Answer>(request: KubeRequest) =>
        request.method === 'GET'
          ? this.#count(client.request<Answer>(request))
          : tapped(`${request.method} ${request.path}`, () => client.request<Answer>(request)),
      watch: (path, query, signal) => client.watch(path, query, signal),
      close: () => client.close(),
    }
  }

  provider(provider: RouteProvider, tap: Tap): RouteProvider {
    const tapped = this.#tapped(tap)
    const prepare = provider.prepare?.bind(provider)
    const running = provider.running?.bind(provider)
    const untilEffective = provider.untilEffective?.bind(provider)
    const servedRanges = provider.servedRanges?.bind(provider)
    const pools = provider.pools?.bind(provider)
    return {
      name: provider.name,
      capabilities: provider.capabilities,
      canonical: (route) => provider.canonical(route),
      readyInMs: (op, ahead, delegates) => provider.readyInMs?.(op, ahead, delegates) ?? 0,
      quota: (table, snapshot) => provider.quota?.(table, snapshot),
      tables: (signal, nodes) => tapped('provider.tables', () => provider.tables(signal, nodes)),
      tablesOutdated: () => provider.tablesOutdated?.() ?? false,
      list: (table, signal) => tapped(`provider.list ${table.id}`, () => provider.list(table, signal)),
      targets: (wanted, signal) => tapped('provider.targets', () => provider.targets(wanted, signal)),
      apply: (table, batch, signal) =>
        tapped(`provider.${batch.changes.map(({ op }) => op).join('+')} ${table.id}`, () =>
          provider.apply(table, batch, signal),
        ),
      ...(untilEffective === undefined ? {} : { untilEffective }),
      ...(pools === undefined
        ? {}
        : { pools: (nodes, signal) => tapped('provider.pools', () => pools(nodes, signal)) }),
      ...(running === undefined
        ? {}
        : { running: (targets, signal) => tapped('provider.running', () => running(targets, signal)) }),
      ...(servedRanges === undefined
        ? {}
        : {
            servedRanges: (tables, signal) =>
              tapped('provider.servedRanges', () => servedRanges(tables, signal)),
          }),
      ...(prepare === undefined
        ? {}
        : {
            prepare: (targets, signal) => tapped('provider.prepare', () => prepare(targets, signal)),
          }),
    }
  }

  #tapped(tap: Tap): <T>(call: string, make: () => Promise<T>) => Promise<T> {
    return (call, make) =>
      this.#count(
        (async () => {
          // Without a tap the call is made at once, as the real one is: it takes its place in the API's budget then.
          if (tap.before !== undefined) await tap.before(call)
          const answer = await make()
          await tap.after?.(call)
          return answer
        })(),
      )
  }
}
