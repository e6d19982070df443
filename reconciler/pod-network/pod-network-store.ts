import { isAlreadyExists, isKubeError, isNotFound } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import { Reflector, type ReflectorOptions } from '../../kube/reflector.ts'
import type { Resource } from '../../kube/resource.ts'
import { singleObject } from '../../kube/single-object.ts'
import { type PodNetwork, type PodNetworkStatus, podNetworkName, podNetworkType } from './pod-network.ts'

/**
 * The one PodNetwork, for a Reflector. A cluster whose definitions or rights are of an older podway is told once what is
 * missing: its routes do not depend on it, and as soon as it is there the Reflector finds it.
 */
export function watchedPodNetwork(
  resource: Resource<PodNetwork>,
  log: Logger,
): Pick<Resource<PodNetwork>, 'type' | 'list' | 'watch'> {
  const single = singleObject(resource, { name: podNetworkName })
  let told = false
  const tell = (error: unknown): void => {
    const remedy = remedyOf(error)
    if (told || remedy === undefined) return
    told = true
    log.warn(
      { err: error },
      `agents are not told which ranges are native, and masquerade all else: ${remedy}`,
    )
  }
  return {
    ...single,
    list: async (options, call) => {
      try {
        return await single.list(options, call)
      } catch (error) {
        tell(error)
        throw error
      }
    },
  }
}

function remedyOf(error: unknown): string | undefined {
  if (isNotFound(error))
    return 'the cluster does not know PodNetworks: run "podway crds | kubectl apply -f -"'
  return isKubeError(error) && error.status === 403
    ? 'podway may not read PodNetworks: apply deploy/manifests/controller-rbac.yaml again'
    : undefined
}

export function openPodNetworkStore(
  resource: Resource<PodNetwork>,
  tools: Pick<ReflectorOptions<PodNetwork>, 'clock' | 'random'> & { readonly log: Logger },
): PodNetworkStore {
  const watched = watchedPodNetwork(resource, tools.log)
  return new PodNetworkStore(resource, new Reflector<PodNetwork>({ ...tools, resource: watched }))
}

/** The published object: what it says, and the way to change it. */
export class PodNetworkStore {
  readonly #resource: Resource<PodNetwork>
  readonly #reflector: Reflector<PodNetwork>
  /** The answer to our last write, until the watch shows anything. */
  #written: PodNetwork | undefined

  constructor(resource: Resource<PodNetwork>, reflector: Reflector<PodNetwork>) {
    this.#resource = resource
    this.#reflector = reflector
  }

  /** Whether it is known what is published, if only that nothing is. */
  get isKnown(): boolean {
    return this.#reflector.hasSynced()
  }

  /** Undefined of an object that says nothing yet too. */
  get published(): PodNetworkStatus | undefined {
    return (this.#written ?? this.#reflector.get(podNetworkName))?.status
  }

  /** Calls back when it is first known what is published, and each time that changes. Runs until the signal aborts. */
  async follow(onChange: () => void, signal: AbortSignal): Promise<void> {
    this.#reflector.onChange(({ type }) => {
      if (type === 'resync') return
      this.#written = undefined
      if (this.isKnown) onChange()
    })
    this.#reflector.synced.then(onChange, () => undefined)
    await this.#reflector.run(signal)
  }

  /** Makes the object if it is not there. The status is nobody else's: it is overwritten without a look. @throws KubeError */
  async publish(status: PodNetworkStatus, signal: AbortSignal): Promise<void> {
    const isThere = this.#written !== undefined || this.#reflector.get(podNetworkName) !== undefined
    if (!isThere) await this.#create(signal)
    try {
      await this.#patch(status, signal)
    } catch (error) {
      if (!isThere || !isNotFound(error)) throw error
      // Deleted, and the watch is yet to show it.
      await this.#create(signal)
      await this.#patch(status, signal)
    }
  }

  async #patch(status: PodNetworkStatus, signal: AbortSignal): Promise<void> {
    const options = { type: 'merge', subresource: 'status', signal } as const
    this.#written = await this.#resource.patch(podNetworkName, { status }, options)
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { group, version } = podNetworkType
    const draft = {
      apiVersion: `${group}/${version}`,
      kind: 'PodNetwork',
      metadata: { name: podNetworkName },
    }
    try {
      await this.#resource.create(draft, { signal })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
}

/** For when podway's routes go: nothing answers pods under their own addresses any more. Idempotent. @throws KubeError */
export async function withdrawPodNetwork(resource: Resource<PodNetwork>, signal: AbortSignal): Promise<void> {
  try {
    await resource.delete(podNetworkName, undefined, { signal })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
