import { ProviderError } from '../errors.ts'
import { type Target, formatTarget } from '../route.ts'
import type { WireInstance, WireInterface } from './gce-api.ts'
import { type Sighting, addressesOf, findInstances } from './instances.ts'
import { readNetwork } from './network-routes.ts'
import {
  type InstanceName,
  type ResourcePath,
  instanceOfPath,
  instancePath,
  pathOf,
} from './resource-names.ts'
import type { Subnet } from './subnets.ts'
import { type TargetFinder, instancesBehind, interfacesIn } from './targets.ts'

/** A network, and what is known there. */
export interface AliasSite {
  readonly finder: TargetFinder
  readonly network: ResourcePath
  /** By path of the subnet, looked up if need be; undefined if there is no such one. */
  readonly subnet: (path: ResourcePath, signal: AbortSignal) => Promise<Subnet | undefined>
  /** Where addresses were last seen: a hint, so that not all instances are read for one of them. */
  readonly seen: Map<string, InstanceName>
}

/** An instance's interface in the network, as it is now. */
export interface Nic {
  readonly instance: InstanceName
  readonly wire: WireInterface & { readonly name: string; readonly fingerprint: string }
}

/**
 * The interface that the target leads to; undefined if there is none, or no such instance.
 * @throws ProviderError, `not-found` if there is no such network
 */
export async function findNic(
  site: AliasSite,
  target: Target,
  signal: AbortSignal,
): Promise<Nic | undefined> {
  const sighting = await instanceBehind(site, target, signal)
  if (sighting.kind === 'unknown') throw sighting.error
  const found = sighting.kind === 'gone' ? undefined : nicIn(sighting.instance, site.network)
  // Of what is not there any more, the network may be the reason.
  if (found === undefined) await readNetwork(site.finder.gce, site.network, signal)
  else if (target.kind === 'address') site.seen.set(target.id, found.instance)
  return found
}

async function instanceBehind(
  { finder, network, seen }: AliasSite,
  target: Target,
  signal: AbortSignal,
): Promise<Sighting> {
  const hint = target.kind === 'address' ? seen.get(target.id) : undefined
  if (hint !== undefined) {
    const found = (await findInstances(finder.gce, [hint], signal)).get(instancePath(hint))
    if (found?.kind === 'instance' && hasAddress(found.instance, network, target.id)) return found
    seen.delete(target.id)
  }
  const [found] = await instancesBehind(finder, [target], signal)
  return found ?? { kind: 'gone' }
}

const hasAddress = (instance: WireInstance, network: ResourcePath, address: string): boolean =>
  interfacesIn(instance, [network]).some((nic) => addressesOf(nic).includes(address))

function nicIn(instance: WireInstance, network: ResourcePath): Nic | undefined {
  const name = instanceOfPath(pathOf(instance.selfLink ?? ''))
  const [wire] = interfacesIn(instance, [network])
  if (name === undefined || wire?.name === undefined || wire.fingerprint === undefined) return undefined
  return { instance: name, wire: { ...wire, name: wire.name, fingerprint: wire.fingerprint } }
}

export const noNic = ({ network }: AliasSite, target: Target): ProviderError =>
  new ProviderError('not-found', `there is no ${formatTarget(target)} with an interface in ${network}`, {
    code: 'notFound',
    action: 'instances.get',
  })
