import type { KubeObject } from './objects.ts'
import type { Resource } from './resource.ts'

/**
 * One object as if it were the only one of its type: what a Reflector needs. A role that names the object
 * (`resourceNames`) is enough for it.
 */
export function singleObject<T extends KubeObject>(
  resource: Resource<T>,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): Pick<Resource<T>, 'type' | 'list' | 'watch'> {
  const fieldSelector = `metadata.name=${name}`
  const place = namespace === undefined ? {} : { namespace }
  return {
    type: resource.type,
    list: (options, call) => resource.list({ ...options, fieldSelector }, { ...call, ...place }),
    watch: (options) => resource.watch({ ...options, fieldSelector, ...place }),
  }
}
