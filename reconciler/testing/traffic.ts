import type { KubeClient } from '../../kube/client.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { LedgerStore } from '../ledger/ledger.ts'

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

  async count<T>(work: Promise<T>): Promise<T> {
    this.#inFlight++
    try {
      return await work
    } finally {
      this.#inFlight--
    }
  }

  /** The client with its requests counted; a watch is always under way and counts for nothing. */
  kube(client: KubeClient): KubeClient {
    return {
      request: (request) => this.count(client.request(request)),
      watch: (path, query, signal) => client.watch(path, query, signal),
      close: () => client.close(),
    }
  }

  provider(provider: RouteProvider, tap: Tap): RouteProvider {
    const tapped = this.#tapped(tap)
    const { prepare } = provider
    return {
      name: provider.name,
      capabilities: provider.capabilities,
      canonical: (route) => provider.canonical(route),
      tables: (signal) => tapped('provider.tables', () => provider.tables(signal)),
      list: (table, signal) => tapped(`provider.list ${table.id}`, () => provider.list(table, signal)),
      targets: (wanted, signal) => tapped('provider.targets', () => provider.targets(wanted, signal)),
      apply: (table, batch, signal) =>
        tapped(`provider.${batch.changes.map(({ op }) => op).join('+')} ${table.id}`, () =>
          provider.apply(table, batch, signal),
        ),
      ...(prepare === undefined
        ? {}
        : {
            prepare: (targets, signal) =>
              tapped('provider.prepare', () => prepare.call(provider, targets, signal)),
          }),
    }
  }

  store(store: LedgerStore, tap: Tap): LedgerStore {
    const tapped = this.#tapped(tap)
    return {
      load: (signal) => tapped('store.load', () => store.load(signal)),
      intend: (record, signal) => tapped('store.intend', () => store.intend(record, signal)),
      settle: (destination, states, signal) =>
        tapped('store.settle', () => store.settle(destination, states, signal)),
      forget: (destination, signal) => tapped('store.forget', () => store.forget(destination, signal)),
    }
  }

  #tapped(tap: Tap): <T>(call: string, make: () => Promise<T>) => Promise<T> {
    return (call, make) =>
      this.count(
        (async () => {
          await tap.before?.(call)
          const answer = await make()
          await tap.after?.(call)
          return answer
        })(),
      )
  }
}
