import { AddressSyntaxError, formatAddress, parseAddress } from '../../net/address.ts'
import { ProviderError } from '../errors.ts'
import { type Gce, call, callForAll, ofEveryScope } from './call.ts'
import type { WireInstance, WireInterface, WireScope } from './gce-api.ts'
import { type InstanceName, type ResourcePath, instancePath, pathOf } from './resource-names.ts'

/** An instance is some KB of JSON, and the SDK decodes a page without yielding. */
const pageSize = 100

/** So many are asked for one by one; more of them by lists, which cost the same for all. */
const mostGets = 4

/** Of names in one filter: each takes up to 80 characters of a URL. */
const namesPerList = 25

/** What there is of an instance. */
export type Sighting =
  | { readonly kind: 'instance'; readonly instance: WireInstance }
  /** Google says that there is no such instance. */
  | { readonly kind: 'gone' }
  /** It can't be known now. */
  | { readonly kind: 'unknown'; readonly error: ProviderError }

/**
 * By path. That one is missing in a list proves nothing (a zone may be out of reach): it is gone when it is asked for by
 * name, and Google says so.
 */
export async function findInstances(
  gce: Gce,
  names: readonly InstanceName[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourcePath, Sighting>> {
  const wanted = new Map(names.map((name) => [instancePath(name), name]))
  const found = new Map<ResourcePath, Sighting>()
  if (wanted.size > mostGets)
    for (const instance of await listed(gce, [...wanted.values()], signal)) {
      const path = pathOf(instance.selfLink ?? '')
      if (wanted.has(path)) found.set(path, { kind: 'instance', instance })
    }
  const missing = [...wanted].filter(([path]) => !found.has(path))
  await Promise.all(
    missing.map(async ([path, name]) => void found.set(path, await getInstance(gce, name, signal))),
  )
  return found
}

/** Everything in the project that Google reaches: for what is known by its addresses only. */
export const allInstances = (
  gce: Gce,
  project: string,
  signal: AbortSignal,
): Promise<readonly WireInstance[]> => list(gce, project, undefined, signal)

/** Everything in the project, and nothing less. @throws ProviderError `transient` where a zone is out of reach */
export const everyInstance = (
  gce: Gce,
  project: string,
  signal: AbortSignal,
): Promise<readonly WireInstance[]> =>
  list(gce, project, undefined, signal, (scopes) => ofEveryScope('listInstances', scopes, instancesIn))

async function listed(
  gce: Gce,
  names: readonly InstanceName[],
  signal: AbortSignal,
): Promise<readonly WireInstance[]> {
  const found: WireInstance[] = []
  for (const [project, some] of Map.groupBy(names, (name) => name.project)) {
    const unique = [...new Set(some.map(({ instance }) => instance))]
    for (let start = 0; start < unique.length; start += namesPerList) {
      const part = unique.slice(start, start + namesPerList)
      const filter = part.map((name) => `(name = "${name}")`).join(' OR ')
      found.push(...(await list(gce, project, filter, signal)))
    }
  }
  return found
}

const instancesIn = ({ instances }: WireScope): readonly WireInstance[] => instances ?? []

const list = (
  gce: Gce,
  project: string,
  filter: string | undefined,
  signal: AbortSignal,
  itemsOf = (scopes: Readonly<Record<string, WireScope>>): readonly WireInstance[] =>
    Object.values(scopes).flatMap(instancesIn),
): Promise<readonly WireInstance[]> =>
  callForAll(
    gce,
    'listInstances',
    signal,
    (api, page, options) =>
      api.listInstances(
        {
          project,
          maxResults: pageSize,
          ...(filter === undefined ? {} : { filter }),
          ...page,
        },
        options,
      ),
    itemsOf,
  )

async function getInstance(gce: Gce, name: InstanceName, signal: AbortSignal): Promise<Sighting> {
  try {
    const instance = await call(gce, 'getInstance', signal, (api, options) =>
      api.getInstance({ ...name }, options),
    )
    return { kind: 'instance', instance }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    // A bad name, of a provider ID that somebody made up, is nobody's.
    const isGone = error.class === 'not-found' || error.class === 'invalid'
    return isGone ? { kind: 'gone' } : { kind: 'unknown', error }
  }
}

/** The addresses of an interface, in canonical text: the first IPv4, internal IPv6 and external IPv6 ones. */
export const addressesOf = (nic: WireInterface): readonly string[] =>
  [
    nic.networkIP,
    nic.ipv6Address,
    ...(nic.ipv6AccessConfigs ?? []).map(({ externalIpv6 }) => externalIpv6),
  ].flatMap((text) => (text ? canonical(text) : []))

function canonical(text: string): string[] {
  try {
    return [formatAddress(parseAddress(text))]
  } catch (error) {
    if (error instanceof AddressSyntaxError) return []
    throw error
  }
}

/** What takes packets, or will in a moment. */
const live: ReadonlySet<string> = new Set(['PROVISIONING', 'STAGING', 'RUNNING', 'REPAIRING'])

/** False only where Google says so. */
export const mayBeLive = (sighting: Sighting): boolean =>
  sighting.kind === 'unknown' || (sighting.kind === 'instance' && live.has(sighting.instance.status ?? ''))
