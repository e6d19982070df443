import { formatCidr } from '../../net/cidr.ts'
import type { ReservationStore } from '../ipam/store.ts'
import { OpError } from '../netlink/error.ts'
import { listLinks, listRoutes } from '../netlink/listing.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { families, podMap } from '../nftables/names.ts'
import { Nftables } from '../nftables/nftables.ts'
import { addressPortMap, hairpinSet, ownerSet, portMap } from '../nftables/port-names.ts'
import { isAliasOf } from '../plugins/veth-name.ts'
import { type System, isSysError } from '../sys.ts'
import { findConfigurations, isObject } from './configurations.ts'
import type { FoundResult, Remains } from './garbage.ts'
import type { Context } from './handler.ts'

/** A network, and where it keeps its reservations. */
export interface Network {
  readonly name: string
  readonly folder: string
}

const bootIdFile = '/proc/sys/kernel/random/boot_id'

/** Reads what there is of the network. Reservations first: what is there has a link a moment later, or never. */
export function readRemains(context: Context, store: ReservationStore, network: Network): Remains {
  const { system, serving } = context
  const snapshot = store.read()
  const reservations = snapshot.reservations.flatMap((reservation) => {
    const status = serving.status(`${network.folder}/${reservation.file}`)
    return status === undefined ? [] : [{ ...reservation, identity: `${status.identity} ${status.modified}` }]
  })
  const results = readResults(context, network.name)
  const containers = readContainers(context)
  const rtnetlink = new Rtnetlink(system)
  return {
    network: network.name,
    reservations,
    results,
    containers,
    links: listLinks(rtnetlink),
    routed: routedAddresses(rtnetlink),
    rules: readPodRules(system, network.name),
    hasBridge: hasBridge(context, network.name),
    isRebooted: snapshot.bootId !== undefined && snapshot.bootId !== system.files.read(bootIdFile).trim(),
  }
}

/** Those with a route of one address, over whatever link but the loopback one, where the machine's own addresses are. */
function routedAddresses(rtnetlink: Rtnetlink): ReadonlySet<string> {
  const loopback = rtnetlink.link('lo')?.index
  return new Set(
    listRoutes(rtnetlink)
      .filter(({ destination, index }) => {
        const { family, prefixLength } = destination
        return prefixLength === (family === 4 ? 32 : 128) && index !== loopback
      })
      .map(({ destination }) => formatCidr(destination).split('/')[0] ?? ''),
  )
}

/** Comments of the rules of single pods. A kernel without nf_tables has none. */
function readPodRules(system: System, network: string): readonly string[] {
  try {
    const nftables = new Nftables(system)
    // Whoever has ports is among their owners; what an older plugin or a collision left over is in the maps.
    return [
      ownerSet,
      ...[podMap, portMap, addressPortMap, hairpinSet].flatMap((nameOf) => families.map(nameOf)),
    ]
      .flatMap((set) => nftables.elements(set) ?? [])
      .flatMap(({ comment }) => (comment !== undefined && isAliasOf(network, comment) ? [comment] : []))
  } catch (error) {
    if (isSysError(error) || error instanceof OpError) return []
    throw error
  }
}

/** Whether another configuration of this network has its pods on a bridge. */
const hasBridge = (context: Context, network: string): boolean =>
  findConfigurations(context).some(
    ({ isOurs, name, types = [] }) => !isOurs && name === network && types.includes('bridge'),
  )

/**
 * The names in all folders of the runtimes, and in them: some have one for each of their own namespaces. Undefined where
 * none was named, where one can't be read, and where there is not a single container: ours is one.
 */
function readContainers({ serving, settings, system }: Context): readonly string[] | undefined {
  const { runtimeDirs } = settings
  if (runtimeDirs.length === 0) return undefined
  const names: string[] = []
  for (const folder of runtimeDirs) {
    try {
      names.push(
        ...system.files.list(folder).filter((name) => serving.status(`${folder}/${name}`) !== undefined),
      )
    } catch (error) {
      if (isSysError(error)) return undefined
      throw error
    }
  }
  return names.length === 0 ? undefined : names
}

/** What libcni has of that network. */
function readResults({ serving, settings, system }: Context, network: string): readonly FoundResult[] {
  const folder = `${settings.cacheDir}/results`
  let files: readonly (readonly [string, string])[]
  try {
    files = system.files.readAll(folder)
  } catch (error) {
    // There is none where no runtime uses libcni.
    if (isSysError(error)) return []
    throw error
  }
  return files.flatMap(([file, text]): readonly FoundResult[] => {
    if (!file.startsWith(`${network}-`)) return []
    const owner = ownerOfResult(network, file, text)
    if (owner === undefined) return []
    const status = serving.status(`${folder}/${file}`)
    return status === undefined ? [] : [{ ...owner, file, identity: `${status.identity} ${status.modified}` }]
  })
}

/** By the content, since a name alone could be read in several ways; and the name has to be the one for it. */
function ownerOfResult(
  network: string,
  file: string,
  text: string,
): { readonly containerId: string; readonly ifName: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const { containerId, ifName } = value
  if (typeof containerId !== 'string' || typeof ifName !== 'string') return undefined
  return file === `${network}-${containerId}-${ifName}` ? { containerId, ifName } : undefined
}
