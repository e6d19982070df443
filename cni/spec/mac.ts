import { configError } from './json.ts'

/**
 * Reads a hardware address, `02:00:5e:00:00:01`: six bytes.
 * @throws CniError "config" (7), also for one that an interface can't have: a group's, or all zeros
 */
export function parseMac(text: string, where: string): Uint8Array {
  const parts = text.split(':')
  const bytes = Uint8Array.from(parts, (part) => Number.parseInt(part, 16))
  const canonical = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
  const [first = 1] = bytes
  if (
    canonical !== text.toLowerCase() ||
    parts.length !== 6 ||
    first & 1 ||
    bytes.every((byte) => byte === 0)
  )
    throw configError(`${where}: ${JSON.stringify(text)} is no hardware address of an interface`)
  return bytes
}
