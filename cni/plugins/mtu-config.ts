import { type JsonObject, configError, optionalPositive } from '../spec/json.ts'

/** What the kernel allows an Ethernet device to have. */
const [leastMtu, mostMtu] = [68, 65_535]

/**
 * Undefined if the configuration names none, or 0.
 * @throws CniError "config" (7)
 */
export function readMtu(json: JsonObject): number | undefined {
  const mtu = optionalPositive(json, 'mtu', 'mtu', mostMtu)
  if (mtu !== undefined && mtu < leastMtu)
    throw configError(`mtu must be 0, or a whole number from ${leastMtu} to ${mostMtu}`)
  return mtu
}
