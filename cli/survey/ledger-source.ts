import type { KubeClient } from '../../kube/client.ts'
import type { Logger } from '../../kube/log.ts'
import { Resource } from '../../kube/resource.ts'
import type { LedgerStore } from '../../reconciler/ledger/ledger.ts'
import type { LedgerRecord } from '../../reconciler/ledger/record.ts'
import { type NodeRoute, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { NodeRouteStore } from '../../reconciler/node-route/node-route-store.ts'
import type { Output } from '../output.ts'
import { StateFile, readStateFile } from '../state-file.ts'

/** Where it is recorded which routes are podway's, for a command. */
export interface LedgerSource {
  /** Writes nothing, and holds nothing. */
  readonly read: (signal: AbortSignal) => Promise<readonly LedgerRecord[]>
  /** Holds the ledger for as long as the work takes. */
  readonly write: (work: (store: LedgerStore) => Promise<void>) => Promise<void>
}

/** NodeRoutes. */
export function clusterLedger(kube: KubeClient, output: Pick<Output, 'note'>): LedgerSource {
  const store = new NodeRouteStore(new Resource<NodeRoute>(kube, nodeRouteType), noteLogger(output))
  return {
    read: (signal) => store.load(signal),
    write: (work) => work(store),
  }
}

/** A state file, which need not be there yet. */
export function fileLedger(path: string): LedgerSource {
  return {
    read: () => readStateFile(path),
    async write(work) {
      await using file = await StateFile.open(path)
      await work(file)
    },
  }
}

/** A store for who only looks: it has these records, and takes nothing. */
export function readOnlyStore(records: readonly LedgerRecord[]): LedgerStore {
  const refuse = (): Promise<never> => Promise.reject(new Error('this ledger is only to be read'))
  return { load: () => Promise.resolve(records), intend: refuse, settle: refuse, forget: refuse }
}

/** What the store has to say (a NodeRoute that can't be read) is for the person. */
function noteLogger({ note }: Pick<Output, 'note'>): Logger {
  const say = ({ nodeRoute, err }: Readonly<Record<string, unknown>>, message: string): void => {
    const about = typeof nodeRoute === 'string' ? ` (${nodeRoute})` : ''
    const why = err instanceof Error ? `: ${err.message}` : ''
    void note(`${message}${about}${why}`)
  }
  const nothing = (): void => undefined
  return { debug: nothing, info: nothing, warn: say, error: say }
}
