import { isAlreadyExists, isNotFound } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { Resource } from '../../kube/resource.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import type { Cidr } from '../../net/cidr.ts'
import type { LedgerStore } from '../ledger/ledger.ts'
import type { LedgerRecord, TableState } from '../ledger/record.ts'
import {
  type NodeRoute,
  nodeRouteName,
  nodeRouteType,
  recordOf,
  routeFinalizer,
  specOf,
  statusOf,
} from './node-route.ts'

/** The API server does not know NodeRoutes. */
export class MissingDefinitionError extends Error {
  readonly code = 'ERR_NODEROUTES_MISSING'
  override readonly name = 'MissingDefinitionError'
  constructor() {
    super('the cluster does not know NodeRoutes: run "kubectl apply -f deploy/crds/noderoutes.yaml" first')
  }
}

const pageSize = 500

/** The ledger in the cluster: one NodeRoute object a destination. Writes are patches without a precondition: one writer. */
export class NodeRouteStore implements LedgerStore {
  readonly #resource: Resource<NodeRoute>
  readonly #log: Logger
  /** Names of objects that are probably there: only saves a request that would fail. */
  readonly #known = new Set<string>()

  constructor(resource: Resource<NodeRoute>, log: Logger) {
    this.#resource = resource
    this.#log = log
  }

  /** @throws MissingDefinitionError, KubeError */
  async load(signal: AbortSignal): Promise<readonly LedgerRecord[]> {
    const records: LedgerRecord[] = []
    let next: string | undefined
    do {
      const page = await this.#resource
        .list({ limit: pageSize, ...(next === undefined ? {} : { continue: next }) }, { signal })
        .catch((error: unknown) => {
          throw isNotFound(error) ? new MissingDefinitionError() : error
        })
      for (const object of page.items) this.#known.add(object.metadata.name)
      records.push(...page.items.flatMap((object) => this.#read(object)))
      next = page.continue
    } while (next !== undefined)
    return records
  }

  async intend(record: LedgerRecord, signal: AbortSignal): Promise<void> {
    const name = nodeRouteName(record.destination)
    // Twice at most: one that was not known is patched then, one that was being deleted is made anew.
    for (let round = 0; round < 2; round++) {
      if (this.#known.has(name) && (await this.#patch(name, record, signal))) return
      this.#known.add(name)
      if (await this.#create(name, record, signal)) return
    }
    throw new Error(`NodeRoute ${name} is being deleted, and held back by a finalizer that is not podway's`)
  }

  async settle(
    destination: Cidr,
    states: ReadonlyMap<string, TableState>,
    signal: AbortSignal,
  ): Promise<void> {
    const patch = { status: statusOf(states) }
    try {
      await this.#resource.patch(nodeRouteName(destination), patch, {
        type: 'merge',
        subresource: 'status',
        signal,
      })
    } catch (error) {
      // Nobody is left to read it.
      if (!isNotFound(error)) throw error
    }
  }

  async forget(destination: Cidr, signal: AbortSignal): Promise<void> {
    const name = nodeRouteName(destination)
    this.#known.delete(name)
    await this.#release(name, signal)
    try {
      await this.#resource.delete(name, undefined, { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  /** Whether the object is there now and says so; false if it has to be created. */
  async #patch(name: string, record: LedgerRecord, signal: AbortSignal): Promise<boolean> {
    // A merge patch removes what is null (RFC 7396), and leaves what is not named.
    const spec = { previousTarget: null, ...specOf(record) }
    try {
      const patched = await this.#resource.patch(name, { spec }, { type: 'merge', signal })
      if (patched.metadata.deletionTimestamp === undefined) return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
    // Deleted by hand though the route is needed: let it go, to be made anew.
    await this.#release(name, signal)
    return false
  }

  /** False if there is one of that name. */
  async #create(name: string, record: LedgerRecord, signal: AbortSignal): Promise<boolean> {
    const draft = {
      apiVersion: `${nodeRouteType.group}/${nodeRouteType.version}`,
      kind: 'NodeRoute',
      metadata: { name, finalizers: [routeFinalizer] },
      spec: specOf(record),
    }
    try {
      await this.#resource.create(draft, { signal })
      return true
    } catch (error) {
      if (isAlreadyExists(error)) return false
      throw error
    }
  }

  /** Takes our finalizer away: an object that waits for it to be deleted is gone then. */
  async #release(name: string, signal: AbortSignal): Promise<void> {
    try {
      const object = await this.#resource.get(name, { signal })
      const finalizers = (object.metadata.finalizers ?? []).filter(
        (finalizer) => finalizer !== routeFinalizer,
      )
      await this.#resource.patch(name, { metadata: { finalizers } }, { type: 'merge', signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  #read(object: NodeRoute): readonly LedgerRecord[] {
    try {
      return [recordOf(object)]
    } catch (error) {
      if (!(error instanceof AddressSyntaxError)) throw error
      // Not ours to repair, and not worth standing still for: what it recorded counts as foreign until it is mended.
      this.#log.error(
        { nodeRoute: object.metadata.name, err: error },
        'NodeRoute is unreadable and is ignored',
      )
      return []
    }
  }
}
