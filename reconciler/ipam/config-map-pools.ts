import type { KubeObject } from '../../kube/objects.ts'
import { Reflector, type ReflectorOptions } from '../../kube/reflector.ts'
import type { Resource, ResourceType } from '../../kube/resource.ts'
import { singleObject } from '../../kube/single-object.ts'
import type { PoolSource } from './pool-source.ts'

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

export const configMapType: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  namespaced: true,
}

/** The key under which a ConfigMap has the pools. */
export const poolsKey = 'pools.yaml'

/** Pools as one ConfigMap has them; it needs no right to any other. */
export function configMapPools(
  resource: Resource<ConfigMap>,
  at: { readonly namespace: string; readonly name: string },
  tools: Pick<ReflectorOptions<ConfigMap>, 'clock' | 'random' | 'log'>,
): PoolSource {
  return {
    name: `ConfigMap ${at.namespace}/${at.name}, key ${poolsKey}`,
    async follow(see, signal) {
      const reflector = new Reflector<ConfigMap>({ ...tools, resource: singleObject(resource, at) })
      const look = (): void => see(reflector.get(`${at.namespace}/${at.name}`)?.data?.[poolsKey])
      reflector.onChange(() => {
        // A list that shows it deleted and made anew tells both at once: only the end counts.
        if (reflector.hasSynced()) look()
      })
      // Not synced any more: the signal was aborted, and nobody listens.
      reflector.synced.then(look, () => undefined)
      await reflector.run(signal)
    },
  }
}
