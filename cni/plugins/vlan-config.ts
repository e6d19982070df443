import {
  type JsonObject,
  configError,
  optionalArray,
  optionalBoolean,
  optionalNumber,
  requireObject,
} from '../spec/json.ts'

/** IEEE 802.1Q: 0 is no VLAN, 4095 is reserved. */
const lastVlan = 4094

/** Which VLANs a port of a bridge is in. */
export interface VlanConfig {
  /** What comes without a tag belongs to it, and what leaves by the port loses its tag. */
  readonly access: number | undefined
  /** What is let through with its tag, in order. */
  readonly trunk: readonly number[]
  /** The port stays in the one that the bridge puts all ports into. */
  readonly keepsDefault: boolean
}

/**
 * Undefined if the configuration has no `vlan` and no `vlanTrunk`.
 * @throws CniError "config" (7), with upstream's texts
 */
export function readVlans(json: JsonObject): VlanConfig | undefined {
  const keepsDefault = optionalBoolean(json, 'preserveDefaultVlan', 'preserveDefaultVlan') === true
  const vlan = readVlan(json.vlan)
  const entries = optionalArray(json, 'vlanTrunk', 'vlanTrunk')
  if (vlan === undefined && entries === undefined) return undefined
  const trunk = new Set<number>()
  for (const [index, entry] of (entries ?? []).entries())
    for (const id of trunkOf(requireObject(entry, `vlanTrunk[${index}]`), `vlanTrunk[${index}]`))
      trunk.add(id)
  return { access: vlan, trunk: [...trunk].sort((a, b) => a - b), keepsDefault }
}

function readVlan(value: unknown): number | undefined {
  if (value === undefined || value === null || value === 0) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw configError('vlan must be a whole number')
  if (value < 0 || value > lastVlan)
    throw configError(`vlan: invalid VLAN ID ${value} (must be between 0 and ${lastVlan})`)
  return value
}

function trunkOf(entry: JsonObject, where: string): readonly number[] {
  const read = (key: string): number | undefined => {
    const id = optionalNumber(entry, key, `${where}.${key}`, { least: -lastVlan, most: 0xffffffff })
    if (id !== undefined && (id <= 0 || id > lastVlan))
      throw configError(`${where}.${key}: incorrect trunk ${key} parameter`)
    return id
  }
  const [first, last, single] = [read('minID'), read('maxID'), read('id')]
  if ((first === undefined) !== (last === undefined))
    throw configError(
      `${where}: minID and maxID should be configured simultaneously, ${first === undefined ? 'minID' : 'maxID'} is missing`,
    )
  const ids: number[] = single === undefined ? [] : [single]
  if (first === undefined || last === undefined) return ids
  if (last < first) throw configError(`${where}: minID is greater than maxID in trunk parameter`)
  for (let id = first; id <= last; id++) ids.push(id)
  return ids
}
