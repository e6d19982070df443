import { backoffMs } from '../../kube/backoff.ts'
import { type Clock, delay } from '../../kube/clock.ts'
import { isKubeError, isNotFound } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { KubeObject } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import type { Resource, ResourceType } from '../../kube/resource.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'

/** Addresses of Services. Built in since Kubernetes 1.33; there may be several, and more may be added. */
export interface ServiceCidr extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[] }
}

export const serviceCidrType: ResourceType = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'servicecidrs',
  namespaced: false,
}

export interface ServiceCidrsOptions {
  readonly resource: Pick<Resource<ServiceCidr>, 'type' | 'list' | 'watch'>
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

const backoff = { baseMs: 250, maxMs: 30_000 }

/**
 * Tells the ranges of Services, as often as they change, until the signal aborts (it may reject with its reason). A cluster that does not have such objects,
 * or does not let us see them, has none to tell: that is said once, and the work goes on.
 */
export async function followServiceCidrs(
  { resource, ...tools }: ServiceCidrsOptions,
  see: (ranges: readonly Cidr[]) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!(await isThere(resource, tools, signal))) {
    if (!signal.aborted) see([])
    return
  }
  const reflector = new Reflector<ServiceCidr>({ ...tools, resource })
  const look = (): void => see(reflector.list().flatMap((object) => rangesOf(object, tools.log)))
  reflector.onChange(() => {
    if (reflector.hasSynced()) look()
  })
  reflector.synced.then(look, () => undefined)
  await reflector.run(signal)
}

async function isThere(
  resource: ServiceCidrsOptions['resource'],
  { clock, log, random }: Omit<ServiceCidrsOptions, 'resource'>,
  signal: AbortSignal,
): Promise<boolean> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      await resource.list({ limit: 1 }, { signal })
      return true
    } catch (error) {
      if (!isKubeError(error)) throw error
      if (isNotFound(error)) {
        log.info({}, 'the cluster has no ServiceCIDR objects: only --service-cluster-ip-range is kept free')
        return false
      }
      if (error.status === 403) {
        log.warn(
          { err: error },
          'ServiceCIDR objects may not be listed: only --service-cluster-ip-range is kept free',
        )
        return false
      }
      const waitMs = Math.round(backoffMs(failures, backoff, random))
      log.warn({ err: error, failures, waitMs }, 'ServiceCIDR objects can’t be listed: trying again')
      await delay(clock, waitMs, signal)
    }
  }
  return false
}

function rangesOf({ metadata, spec }: ServiceCidr, log: Logger): readonly Cidr[] {
  return (spec?.cidrs ?? []).flatMap((text) => {
    try {
      return [parseCidr(text)]
    } catch (error) {
      if (!(error instanceof AddressSyntaxError)) throw error
      log.warn({ serviceCidr: metadata.name, err: error }, 'a range of Services is unreadable and is ignored')
      return []
    }
  })
}
