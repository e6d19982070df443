import type { KubeObject } from './objects.ts'

/** What became of one object. Between two changes of a name nothing is left out; the order is the order to apply them in. */
export type Change<T> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T; readonly evidence: Evidence }
  /** Nothing happened: the object as it is, repeated from time to time so that nothing stays forgotten for good. */
  | { readonly type: 'resync'; readonly object: T }

/**
 * Why an object counts as deleted.
 * - `watch`: the API server said so, by a DELETED event or by another uid under the same name.
 * - `relist`: a list does not have it any more. A list can lie (a proxy, an etcd restored from a backup): whoever
 *   destroys something on this evidence asks for the object first.
 */
export type Evidence = 'watch' | 'relist'

/** `name`, or `namespace/name`. */
export const objectKey = (metadata: { readonly namespace?: string; readonly name: string }): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`

/** The objects last seen, and the pure difference that each new sight makes. Keyed by {@link objectKey}. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>()

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(): readonly T[] {
    return [...this.#objects.values()]
  }

  /** An object that is there now. Nothing if this very version is known. */
  put(object: T): readonly Change<T>[] {
    const key = objectKey(object.metadata)
    const previous = this.#objects.get(key)
    if (previous?.metadata.uid === object.metadata.uid) {
      if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return []
      this.#objects.set(key, object)
      return [{ type: 'updated', object, previous }]
    }
    this.#objects.set(key, object)
    const added: Change<T> = { type: 'added', object }
    if (previous === undefined) return [added]
    return [{ type: 'deleted', object: previous, evidence: 'watch' }, added]
  }

  /** An object that was deleted, in its last state. Nothing if it was not known. */
  remove(object: T): readonly Change<T>[] {
    const key = objectKey(object.metadata)
    const previous = this.#objects.get(key)
    if (previous === undefined) return []
    this.#objects.delete(key)
    const last = previous.metadata.uid === object.metadata.uid ? object : previous
    return [{ type: 'deleted', object: last, evidence: 'watch' }]
  }

  /**
   * All objects there are now. All deletes come before everything else: what a deleted object held (a podCIDR, say) may
   * belong to an added one by now (https://github.com/antrea-io/antrea/issues/6965).
   */
  replace(objects: readonly T[]): readonly Change<T>[] {
    const listed = new Set(objects.map((object) => objectKey(object.metadata)))
    const changes: Change<T>[] = []
    for (const [key, object] of this.#objects) {
      if (!listed.has(key)) changes.push({ type: 'deleted', object, evidence: 'relist' })
    }
    for (const change of changes) this.#objects.delete(objectKey(change.object.metadata))
    const rest = objects.flatMap((object) => this.put(object))
    return [
      ...changes,
      ...rest.filter((change) => change.type === 'deleted'),
      ...rest.filter((change) => change.type !== 'deleted'),
    ]
  }
}
