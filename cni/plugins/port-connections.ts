import { compareAddresses } from '../../net/address.ts'
import type { MappedPort } from '../nftables/mapped-port.ts'
import { PortProtocol } from '../nftables/pod-ports.ts'
import type { Removed } from '../nftables/port-removal.ts'
import type { Connection } from '../netlink/connection.ts'
import { dump } from '../netlink/dump.ts'
import { isOpError } from '../netlink/error.ts'
import { matchRoute } from '../netlink/lookup.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import {
  type TrackedConnection,
  TrackingMessage,
  decodeConnection,
  encodeDeleteConnection,
  encodeListConnections,
} from '../netlink/tracking.ts'
import { Errno, type System } from '../sys.ts'

const { udp } = PortProtocol

/**
 * Lets the kernel forget what it remembers of connections over UDP to these ports that don't go where they lead now: to a
 * pod that had the port before, or to the node itself. As long as a client sends from the same port, its packets would
 * go there for ever (https://github.com/containernetworking/plugins/pull/553). Called when the mappings are in force.
 *
 * Connections through the node to the same port of others are left alone. It is of use only, so what fails is told on
 * standard error, as upstream has it.
 */
export function forgetStale(system: System, connection: Connection, mappings: readonly MappedPort[]): void {
  forget(system, connection, mappings, (found, mapping) => {
    if (leadsTo(found, mapping)) return false
    const { original, reply } = found
    if (mapping.hostAddress !== undefined)
      return compareAddresses(original.destination, mapping.hostAddress) === 0
    const isTranslated = compareAddresses(original.destination, reply.source) !== 0
    return isTranslated || matchRoute(new Rtnetlink(system), original.destination)?.isLocal === true
  })
}

/** The same for mappings that have ended: whoever gets the pod's address next gets none of its packets. */
export function forgetEnded(system: System, connection: Connection, ended: readonly Removed[]): void {
  const ports = ended.flatMap(({ port }) => port ?? [])
  forget(system, connection, ports, leadsTo)
}

const leadsTo = ({ reply }: TrackedConnection, { address, port }: MappedPort): boolean =>
  compareAddresses(reply.source, address) === 0 && reply.sourcePort === port

function forget(
  system: System,
  connection: Connection,
  mappings: readonly MappedPort[],
  isMeant: (found: TrackedConnection, mapping: MappedPort) => boolean,
): void {
  try {
    for (const family of [4, 6] as const) {
      const own = mappings.filter(({ protocol, address }) => protocol === udp && address.family === family)
      const [first, ...others] = own
      if (first === undefined) continue
      // The kernel goes through all that it has, each time: for several ports once.
      const payload = encodeListConnections(family, udp, others.length === 0 ? first.hostPort : undefined)
      const request = { operation: 'list connections', type: TrackingMessage.get, payload }
      for (const entry of dump(connection, request)) {
        const found = decodeConnection(entry)
        if (found?.original.protocol !== udp) continue
        const { destinationPort } = found.original
        if (own.some((mapping) => mapping.hostPort === destinationPort && isMeant(found, mapping)))
          deleteConnection(connection, found)
      }
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    system.process.stderr(`failed to delete stale UDP conntrack entries: ${message}\n`)
  }
}

function deleteConnection(connection: Connection, found: TrackedConnection): void {
  try {
    const payload = encodeDeleteConnection(found)
    connection.execute({ operation: 'delete a connection', type: TrackingMessage.delete, payload })
  } catch (error) {
    if (!isOpError(error, Errno.ENOENT)) throw error
  }
}
