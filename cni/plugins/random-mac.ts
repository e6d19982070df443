import type { System } from '../sys.ts'

/** A locally administered unicast address. */
export function randomMac(system: System): Uint8Array {
  const mac = system.random(6)
  mac[0] = ((mac[0] ?? 0) & 0xfc) | 0x02
  return mac
}
