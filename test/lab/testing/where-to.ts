import { parseAddress } from '../../../net/address.ts'
import { containsAddress, parseCidr } from '../../../net/cidr.ts'
import type { FabricState, Port } from '../fabric-state.ts'

/**
 * The ports that may get a packet, sorted: several where they share the connections, none where it is dropped. It is what
 * the fabric says, read by other means than the kernel's.
 */
export function whereTo(
  { ports, tables }: FabricState,
  packet: { readonly from: string; readonly source: string; readonly destination: string },
): readonly string[] {
  const sender = ports.find(({ id }) => id === packet.from)
  const table = tables.find(({ id }) => id === sender?.table)
  if (sender === undefined || table === undefined) return []
  if (!sender.forwards && !isOwn(sender, packet.source)) return []
  const destination = parseAddress(packet.destination)
  const route = table.routes
    .map((one) => ({ ...one, range: parseCidr(one.destination) }))
    .filter(({ range }) => containsAddress(range, destination))
    .sort((one, other) => other.range.prefixLength - one.range.prefixLength)[0]
  const takes = (port: Port): boolean =>
    route?.ports.includes(port.id) === true &&
    port.table !== undefined &&
    (port.forwards || isOwn(port, packet.destination))
  return ports
    .filter(takes)
    .map(({ id }) => id)
    .sort()
}

function isOwn({ addresses, ranges }: Port, text: string): boolean {
  const address = parseAddress(text)
  return addresses.includes(text) || ranges.some((range) => containsAddress(parseCidr(range), address))
}
