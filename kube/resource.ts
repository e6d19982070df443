import type { KubeClient } from './client.ts'
import type { Draft, KubeObject, ListPage, WatchEvent } from './objects.ts'

/** Where the API server keeps a type of objects. `group` is '' for core/v1. */
export interface ResourceType {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespaced: boolean
}

export interface CallOptions {
  /** Of the object, for a namespaced type. Where an object is given, its own is taken. */
  readonly namespace?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface ListOptions {
  /** At most so many items a page; without it, all. */
  readonly limit?: number
  /** From the page before. */
  readonly continue?: string
  /** Without it: the newest state, not whatever a cache of the API server holds. */
  readonly resourceVersion?: string
  /** Only objects of which it is true: `metadata.name=x`. */
  readonly fieldSelector?: string
}

export interface WatchOptions {
  /** Only this one; without it, all. */
  readonly namespace?: string
  /** Only objects of which it is true: `metadata.name=x`. */
  readonly fieldSelector?: string
  /** Everything after this version. */
  readonly resourceVersion: string
  /** How long the API server keeps the watch open; it then ends without an error. */
  readonly timeoutSeconds?: number
  /** Whether BOOKMARK events are wanted. */
  readonly bookmarks?: boolean
  /** Ends the iteration with its reason as the error. */
  readonly signal: AbortSignal
}

export type PatchType = 'merge' | 'json' | 'strategic'

export interface PatchOptions extends CallOptions {
  readonly type: PatchType
  readonly subresource?: 'status'
}

/** What has to be true of the object for a delete to happen, else `Conflict`. */
export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

/**
 * The calls for one type of objects, of all namespaces when it lists or watches and none is named. One call is one HTTP request: nothing is
 * retried or cached. Every method rejects with a `KubeError`, or with the signal's reason after an abort.
 */
export class Resource<T extends KubeObject> {
  readonly type: ResourceType
  readonly #client: KubeClient

  constructor(client: KubeClient, type: ResourceType) {
    this.#client = client
    this.type = type
  }

  async list(options: ListOptions = {}, call: CallOptions = {}): Promise<ListPage<T>> {
    const list = await this.#client.request<WireList<T>>({
      method: 'GET',
      path: this.#path({ namespace: call.namespace }),
      query: {
        limit: options.limit,
        continue: options.continue,
        resourceVersion: options.resourceVersion,
        fieldSelector: options.fieldSelector,
      },
      ...passedOn(call),
    })
    const token = list.metadata?.continue
    return {
      // A server of our time answers [], but a Go program's empty list used to be null.
      items: list.items ?? [],
      resourceVersion: list.metadata?.resourceVersion ?? '',
      ...(token === undefined || token === '' ? {} : { continue: token }),
    }
  }

  get(name: string, call: CallOptions = {}): Promise<T> {
    return this.#client.request({
      method: 'GET',
      path: this.#path({ namespace: call.namespace, name }),
      ...passedOn(call),
    })
  }

  create(object: Draft<T>, call: CallOptions = {}): Promise<T> {
    return this.#client.request({
      method: 'POST',
      path: this.#path({ namespace: object.metadata.namespace ?? call.namespace }),
      body: object,
      ...passedOn(call),
    })
  }

  /** Replaces everything but the status, if the type has a status subresource. `Conflict` if the resourceVersion is old. */
  update(object: T, call: CallOptions = {}): Promise<T> {
    return this.#put(object, undefined, call)
  }

  /** Replaces the status and nothing else. `Conflict` if the resourceVersion is old. */
  replaceStatus(object: T, call: CallOptions = {}): Promise<T> {
    return this.#put(object, 'status', call)
  }

  /** A custom resource knows no `strategic` patch; a `json` patch is an array of operations. */
  patch(name: string, patch: unknown, options: PatchOptions): Promise<T> {
    return this.#client.request({
      method: 'PATCH',
      path: this.#path({ namespace: options.namespace, name, subresource: options.subresource }),
      body: patch,
      contentType: patchContentTypes[options.type],
      ...passedOn(options),
    })
  }

  /** Done when the API server has accepted: with finalizers, the object is still there. `NotFound` if it was not. */
  async delete(name: string, preconditions?: Preconditions, call: CallOptions = {}): Promise<void> {
    await this.#client.request({
      method: 'DELETE',
      path: this.#path({ namespace: call.namespace, name }),
      ...(preconditions === undefined
        ? {}
        : { body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions } }),
      ...passedOn(call),
    })
  }

  /** See {@link KubeClient.watch}. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const query = {
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
      allowWatchBookmarks: options.bookmarks === true ? true : undefined,
      fieldSelector: options.fieldSelector,
    }
    // The type of what a server sends is its promise: the objects are read as the type they were asked for.
    return this.#client.watch(
      this.#path({ namespace: options.namespace }),
      query,
      options.signal,
    ) as AsyncIterable<WatchEvent<T>>
  }

  #put(object: T, subresource: 'status' | undefined, call: CallOptions): Promise<T> {
    const { name, namespace } = object.metadata
    return this.#client.request({
      method: 'PUT',
      path: this.#path({ namespace: namespace ?? call.namespace, name, subresource }),
      body: object,
      ...passedOn(call),
    })
  }

  #path(to: {
    readonly namespace?: string | undefined
    readonly name?: string | undefined
    readonly subresource?: string | undefined
  }): string {
    const { group, version, plural, namespaced } = this.type
    const parts = group === '' ? ['api', version] : ['apis', group, version]
    if (namespaced && to.namespace !== undefined) parts.push('namespaces', to.namespace)
    parts.push(plural)
    if (to.name !== undefined) parts.push(to.name)
    if (to.subresource !== undefined) parts.push(to.subresource)
    return `/${parts.map(encodeURIComponent).join('/')}`
  }
}

interface WireList<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly T[] | null
}

function passedOn(call: CallOptions): Pick<CallOptions, 'signal' | 'timeoutMs'> {
  return {
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
  }
}
