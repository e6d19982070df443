import type { MappedPort } from '../nftables/mapped-port.ts'
import type { PortMapping } from '../nftables/pod-ports.ts'
import type { System } from '../sys.ts'

export function forgetConnections(_system: System, _mappings: readonly PortMapping[]): void {
  return
}
export function forgetRemoved(_system: System, _removed: readonly MappedPort[]): void {
  return
}
