import type { Json, JsonObject } from '../kubernetes/json.ts'
import type { ArmErrorDetail } from './errors.ts'

/** A resource as a GET shows it, but for its revision. */
export interface Resource {
  /** As it was made; compared without regard to case, as ARM does. */
  readonly id: string
  readonly doc: JsonObject
  /** Grows with every change. */
  readonly revision: number
}

/** What goes on behind a write that was accepted. */
export interface AsyncOperation {
  readonly id: string
  /** `PutRouteTableOperation`, as messages call it. */
  readonly kind: string
  /** Lower-cased id of the resource that takes no other write meanwhile. */
  readonly resource: string
  /** When it ends. */
  readonly due: number
  /** How it ends; not before it is due. */
  readonly end: AsyncEnd
  /** What a GET of its Location answers once it has ended. */
  readonly result?: () => JsonObject
}

export type AsyncEnd =
  | { readonly status: 'Succeeded' }
  | { readonly status: 'Failed' | 'Canceled'; readonly error: ArmErrorDetail }

export interface EffectiveVersion {
  readonly from: number
  readonly routes: readonly Json[]
}

/** All that there is in a cloud, and what is under way in it. */
export class ArmState {
  /** What packets follow, by lower-cased id of the table: each version from its time on, the oldest first. */
  readonly effective = new Map<string, readonly EffectiveVersion[]>()
  readonly #resources = new Map<string, Resource>()
  #operations = new Map<string, AsyncOperation>()
  #running = new Map<string, { readonly operation: AsyncOperation; readonly settle: () => void }>()
  #serial = 0

  get(id: string): Resource | undefined {
    return this.#resources.get(id.toLowerCase())
  }

  put(id: string, doc: JsonObject): Resource {
    const resource = { id: this.get(id)?.id ?? id, doc, revision: ++this.#serial }
    this.#resources.set(id.toLowerCase(), resource)
    return resource
  }

  delete(id: string): void {
    this.#resources.delete(id.toLowerCase())
  }

  /** Those directly under the collection (`…/routeTables`), in the order of their making. */
  list(collection: string): readonly Resource[] {
    const prefix = `${collection.toLowerCase()}/`
    return [...this.#resources].flatMap(([key, resource]) =>
      key.startsWith(prefix) && !key.slice(prefix.length).includes('/') ? [resource] : [],
    )
  }

  all(): readonly Resource[] {
    return [...this.#resources.values()]
  }

  /** All resources as they are now, for a reading that comes later; what is under way is shared. */
  copy(): ArmState {
    const copy = new ArmState()
    for (const [id, resource] of this.#resources) copy.#resources.set(id, resource)
    copy.#operations = this.#operations
    copy.#running = this.#running
    return copy
  }

  /** Every id and tag in the cloud has one of these. */
  nextSerial(): number {
    return ++this.#serial
  }

  /** What holds the resource now. */
  running(resource: string): AsyncOperation | undefined {
    return this.#running.get(resource.toLowerCase())?.operation
  }

  /** `settle` is what becomes of the resource when it ends. */
  start(operation: AsyncOperation, settle: () => void): void {
    this.#operations.set(operation.id, operation)
    this.#running.set(operation.resource, { operation, settle })
  }

  operation(id: string): AsyncOperation | undefined {
    return this.#operations.get(id)
  }

  /** Ends what is due. */
  advance(now: number): void {
    for (const [resource, { operation, settle }] of this.#running) {
      if (operation.due > now) continue
      this.#running.delete(resource)
      settle()
    }
  }
}

/** `W/"00000000-0000-4000-8000-00000000002a"` */
export const etagOf = ({ revision }: Resource): string => `W/"${guid(revision)}"`

export const guid = (serial: number): string =>
  `00000000-0000-4000-8000-${serial.toString(16).padStart(12, '0')}`
