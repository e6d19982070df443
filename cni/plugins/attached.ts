import type { Address } from '../../net/address.ts'
import { parseInterfaceAddress } from '../../net/cidr.ts'
import type { NetworkConfig } from '../spec/config.ts'
import {
  type JsonObject,
  inField,
  optionalArray,
  optionalNumber,
  optionalObject,
  optionalString,
  requireObject,
  requireString,
} from '../spec/json.ts'
import { isAtLeast } from '../spec/version.ts'

/** What of a result says where a pod is: one of our own, or that of the plugins before. */
export interface Attached {
  readonly interfaces: readonly { readonly name: string; readonly sandbox?: string | undefined }[]
  readonly ips: readonly {
    readonly address: { readonly address: Address }
    readonly interface?: number | undefined
  }[]
}

/** The first address of each family that the pod's interface has. One of no known interface counts, as upstream. */
export function podAddresses({ interfaces, ips }: Attached, ifName: string): readonly Address[] {
  const own = ips.filter(({ interface: index }) => {
    const found = index === undefined ? undefined : interfaces[index]
    return found === undefined || (found.name === ifName && Boolean(found.sandbox))
  })
  return ([4, 6] as const).flatMap(
    (family) => own.find((ip) => ip.address.address.family === family)?.address.address ?? [],
  )
}

/**
 * Reads `prevResult`, in the version of the configuration; undefined if there is none. Nothing else of it is looked at.
 * @throws CniError "config" (7)
 */
export function readAttached({ json, cniVersion }: NetworkConfig): Attached | undefined {
  const result = optionalObject(json, 'prevResult', 'prevResult')
  if (result === undefined) return undefined
  if (!isAtLeast(cniVersion, '0.3.0')) {
    const ips = ['ip4', 'ip6'].flatMap((key) => {
      const one = optionalObject(result, key, `prevResult.${key}`)
      return one === undefined ? [] : [{ address: readAddress(one, 'ip') }]
    })
    return { interfaces: [], ips }
  }
  const list = (key: string): readonly JsonObject[] =>
    (optionalArray(result, key, `prevResult.${key}`) ?? []).map((entry, index) =>
      requireObject(entry, `prevResult.${key}[${index}]`),
    )
  return {
    interfaces: list('interfaces').map((entry) => ({
      name: optionalString(entry, 'name', 'prevResult.interfaces: name') ?? '',
      sandbox: optionalString(entry, 'sandbox', 'prevResult.interfaces: sandbox'),
    })),
    ips: list('ips').map((entry) => ({
      address: readAddress(entry, 'address'),
      interface: optionalNumber(entry, 'interface', 'prevResult.ips: interface', { least: -(2 ** 31) }),
    })),
  }
}

function readAddress(entry: JsonObject, key: string): ReturnType<typeof parseInterfaceAddress> {
  const where = `prevResult: ${key}`
  const text = requireString(entry[key], where)
  return inField(where, () => parseInterfaceAddress(text))
}
