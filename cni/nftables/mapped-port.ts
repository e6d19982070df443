import { type Address, addressFromBytes, formatAddress } from '../../net/address.ts'
import type { Element } from './element.ts'
import { PortProtocol } from './pod-ports.ts'

/** What an element of the maps of ports says. */
export interface MappedPort {
  readonly protocol: number
  readonly hostPort: number
  readonly hostAddress: Address | undefined
  readonly address: Address
  readonly port: number
}

const readPort = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

/** Undefined if it is no element of those maps. */
export function readMappedPort({ key, data }: Element): MappedPort | undefined {
  if (data === undefined || (data.length !== 8 && data.length !== 20)) return undefined
  const portsAt = key.length - 8
  if (portsAt !== 0 && portsAt !== data.length - 4) return undefined
  return {
    protocol: key[portsAt] ?? 0,
    hostPort: readPort(key, portsAt + 4),
    hostAddress: portsAt === 0 ? undefined : addressFromBytes(key.subarray(0, portsAt)),
    address: addressFromBytes(data.subarray(0, data.length - 4)),
    port: readPort(data, data.length - 4),
  }
}

/** As people write it: `192.0.2.1:8080/tcp`, or `8080/tcp` for all addresses. */
export function formatHostPort({
  protocol,
  hostPort,
  hostAddress,
}: Pick<MappedPort, 'protocol' | 'hostPort' | 'hostAddress'>): string {
  const name = Object.entries(PortProtocol).find(([, number]) => number === protocol)?.[0] ?? String(protocol)
  if (hostAddress === undefined) return `${hostPort}/${name}`
  const text = formatAddress(hostAddress)
  return `${hostAddress.family === 6 ? `[${text}]` : text}:${hostPort}/${name}`
}
