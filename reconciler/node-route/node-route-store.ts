import { isAlreadyExists, isConflict, isNotFound } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { Resource } from '../../kube/resource.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import type { Cidr } from '../../net/cidr.ts'
import { type LedgerStore, RecordChangedError, type Sighting } from '../ledger/ledger.ts'
import { type LedgerRecord, type TableState, destinationKey } from '../ledger/record.ts'
import {
  type NodeRoute,
  nodeRouteName,
  nodeRouteType,
  recordOf,
  releaseAnnotation,
  routeFinalizer,
  specOf,
  statusOf,
} from './node-route.ts'

/** The API server does not know NodeRoutes. */
export class MissingDefinitionError extends Error {
  readonly code = 'ERR_NODEROUTES_MISSING'
  override readonly name = 'MissingDefinitionError'

  constructor() {
    super('the cluster does not know NodeRoutes: run "podway crds | kubectl apply -f -" first')
  }
}

const pageSize = 500

/** What is known of an object: enough to tell our own writes from those of others. */
interface Version {
  readonly uid: string
  /** Counts changes of the spec, and the request to delete it. */
  readonly generation: number
  readonly resourceVersion: string
  readonly released: string | undefined
}

/**
 * The ledger in the cluster: one NodeRoute object a destination. A write says which version it was decided on, so that
 * what somebody else wrote meanwhile (`podway adopt`, a person, another leader) is never overwritten unseen.
 */
export class NodeRouteStore implements LedgerStore {
  readonly #resource: Resource<NodeRoute>
  readonly #log: Logger
  /** By name: the last version read or written here. */
  readonly #known = new Map<string, Version>()
  /** By name: the spec that is being written, which a watch may show before the answer arrives. */
  readonly #writing = new Map<string, string>()
  /** Uids of objects that were forgotten, until a watch shows that they are gone. */
  readonly #forgotten = new Set<string>()

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
      for (const object of page.items) this.#learn(object)
      records.push(...page.items.flatMap((object) => this.#read(object) ?? []))
      next = page.continue
    } while (next !== undefined)
    return records
  }

  /** What a watch shows. Undefined if it is our own doing, older than that, or unreadable. */
  see(object: NodeRoute): Sighting | undefined {
    const known = this.#known.get(object.metadata.name)
    const version = versionOf(object)
    if (this.#forgotten.has(version.uid)) return undefined
    if (this.#writing.get(object.metadata.name) === specText(object.spec) && !isDeleting(object))
      return undefined
    if (known?.uid === version.uid) {
      if (version.generation < known.generation) return undefined
      if (version.generation === known.generation && version.released === known.released) {
        return undefined
      }
    }
    const record = this.#read(object)
    this.#learn(object)
    return record === undefined ? undefined : { record, deleting: isDeleting(object) }
  }

  /** What a watch says is gone. Undefined if that is our own doing, or another object has its name by now. */
  seeGone(object: NodeRoute): Sighting | undefined {
    const { name, uid } = object.metadata
    if (this.#forgotten.delete(uid)) return undefined
    if (this.#known.get(name)?.uid !== uid) return undefined
    this.#known.delete(name)
    return { record: undefined, deleting: false }
  }

  async intend(record: LedgerRecord, signal: AbortSignal): Promise<void> {
    const name = nodeRouteName(record.destination)
    this.#writing.set(name, specText(specOf(record)))
    try {
      await this.#intend(name, record, signal)
    } finally {
      this.#writing.delete(name)
    }
  }

  async #intend(name: string, record: LedgerRecord, signal: AbortSignal): Promise<void> {
    // Twice at most: one that was not known is patched then, one that was being deleted is made anew.
    for (let round = 0; round < 2; round++) {
      if (this.#known.has(name) && (await this.#patch(name, record, signal))) return
      if (await this.#create(name, record, signal)) return
      await this.#meet(name, record, signal)
    }
    throw new Error(`NodeRoute ${name} is being deleted, and held back by a finalizer that is not podway's`)
  }

  async settle(
    destination: Cidr,
    states: ReadonlyMap<string, TableState>,
    signal: AbortSignal,
  ): Promise<void> {
    const name = nodeRouteName(destination)
    const patch = { status: statusOf(states) }
    try {
      // The status is nobody else's: no precondition.
      const written = await this.#resource.patch(name, patch, {
        type: 'merge',
        subresource: 'status',
        signal,
      })
      const known = this.#known.get(name)
      const { generation, resourceVersion } = versionOf(written)
      // Whatever else has changed is for the watch to show.
      if (known?.generation === generation) this.#known.set(name, { ...known, resourceVersion })
    } catch (error) {
      // Nobody is left to read it.
      if (!isNotFound(error)) throw error
    }
  }

  async forget(destination: Cidr, signal: AbortSignal): Promise<void> {
    const name = nodeRouteName(destination)
    const known = this.#known.get(name)
    if (known !== undefined) this.#forgotten.add(known.uid)
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
    try {
      const patched = await this.#write(name, record, signal)
      this.#learn(patched)
      if (!isDeleting(patched)) return true
    } catch (error) {
      if (!isNotFound(error)) throw error
      this.#known.delete(name)
      return false
    }
    // Deleted by hand though the route is needed: let it go, to be made anew.
    await this.#release(name, signal)
    this.#known.delete(name)
    return false
  }

  async #write(name: string, record: LedgerRecord, signal: AbortSignal): Promise<NodeRoute> {
    // A merge patch removes what is null (RFC 7396), and leaves what is not named.
    const spec = {
      previousTargets: null,
      ...specOf(record),
      node: { providerID: null, ...record.node },
    }
    // What the caller has decided on: a watch may show more while the patch is under way.
    const decided = this.#known.get(name)
    const resourceVersion = decided?.resourceVersion
    try {
      return await this.#resource.patch(
        name,
        { metadata: { resourceVersion }, spec },
        { type: 'merge', signal },
      )
    } catch (error) {
      if (!isConflict(error)) throw error
    }
    const current = await this.#resource.get(name, { signal })
    this.#learn(current)
    // Whatever it says: it is not going to be there for long.
    if (isDeleting(current)) return current
    if (decided?.generation !== current.metadata.generation || decided?.uid !== current.metadata.uid)
      throw this.#changed(current, record)
    // A label, an annotation, the status: nothing that was decided on.
    const again = { metadata: { resourceVersion: current.metadata.resourceVersion }, spec }
    return this.#resource.patch(name, again, { type: 'merge', signal })
  }

  /** There is one of that name that was not known: somebody else's work, unless a lost answer of ours. */
  async #meet(name: string, record: LedgerRecord, signal: AbortSignal): Promise<void> {
    const current = await this.#resource.get(name, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (current === undefined) return
    this.#learn(current)
    if (isDeleting(current)) return
    if (specText(specOf(record)) !== specText(current.spec)) throw this.#changed(current, record)
  }

  #changed(current: NodeRoute, wanted: LedgerRecord): RecordChangedError {
    const record = this.#read(current)
    // One that can't be read says nothing that could be taken in: the next round writes over it.
    return new RecordChangedError(destinationKey(wanted.destination), {
      record: record ?? wanted,
      deleting: isDeleting(current),
    })
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
      this.#learn(await this.#resource.create(draft, { signal }))
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

  #learn(object: NodeRoute): void {
    this.#known.set(object.metadata.name, versionOf(object))
  }

  #read(object: NodeRoute): LedgerRecord | undefined {
    try {
      return recordOf(object)
    } catch (error) {
      if (!(error instanceof AddressSyntaxError)) throw error
      // Not ours to repair, and not worth standing still for: what it recorded counts as foreign until it is mended.
      this.#log.error(
        { nodeRoute: object.metadata.name, err: error },
        'NodeRoute is unreadable and is ignored',
      )
      return undefined
    }
  }
}

/** Whatever the order of the fields. */
const specText = ({ destination, node, previousTargets = [], tables, target }: NodeRoute['spec']): string =>
  JSON.stringify([
    destination,
    node.name,
    node.uid,
    node.providerID,
    target.kind,
    target.id,
    previousTargets,
    tables,
  ])

const isDeleting = (object: NodeRoute): boolean => object.metadata.deletionTimestamp !== undefined

const versionOf = ({ metadata }: NodeRoute): Version => ({
  uid: metadata.uid,
  generation: metadata.generation ?? 0,
  resourceVersion: metadata.resourceVersion,
  released: metadata.annotations?.[releaseAnnotation],
})
