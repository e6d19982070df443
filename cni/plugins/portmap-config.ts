import type { Address } from '../../net/address.ts'
import type { Call } from '../call.ts'
import { formatHostPort } from '../nftables/mapped-port.ts'
import { PortProtocol } from '../nftables/pod-ports.ts'
import type { Conditions } from '../nftables/port-conditions.ts'
import {
  type JsonObject,
  configError,
  isNumber,
  optionalAddress,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  optionalStrings,
  requireObject,
} from '../spec/json.ts'
import { readConditions } from './port-conditions.ts'

/** A port that the runtime wants to be mapped. */
export interface WantedPort {
  readonly protocol: PortProtocol
  readonly hostPort: number
  readonly containerPort: number
  /** Of the node. Undefined: all. */
  readonly hostAddress: Address | undefined
  /** Addresses of which families it is for: that of `hostIP`. */
  readonly families: readonly (4 | 6)[]
}

export interface PortmapConfig {
  readonly ports: readonly WantedPort[]
  /** Connections that could not find back otherwise get another source. */
  readonly snat: boolean
  /** With `snat`: all connections by the mappings do. */
  readonly masqueradesAll: boolean
  /** At most one for each family: of packets that are led to the pod. */
  readonly conditions: readonly Conditions[]
}

const mostPort = 65_535

/**
 * Reads the configuration of a call.
 * @throws CniError "config" (7), with upstream's texts where it has one
 */
export function readPortmapConfig({ config: { json }, reference }: Call): PortmapConfig {
  const snat = optionalBoolean(json, 'snat', 'snat') ?? true
  const masqueradesAll = optionalBoolean(json, 'masqAll', 'masqAll') ?? false
  requireBackend(json)
  const conditions = readConditions(json)
  const ports = readPorts(json, reference)
  const unique: WantedPort[] = []
  for (const port of ports) {
    const same = unique.find((other) => isSame(other, port))
    if (same === undefined) unique.push(port)
    else if (!reference && same.containerPort !== port.containerPort)
      throw configError(
        `runtimeConfig.portMappings: host port ${formatHostPort(port)} shall lead to both ${same.containerPort} and ${port.containerPort}`,
      )
  }
  return { ports: unique, snat, masqueradesAll, conditions }
}

/** Whether both are about the same port of the same addresses of the node. Of those the first counts, as upstream. */
const isSame = (a: WantedPort, b: WantedPort): boolean =>
  formatHostPort(a) === formatHostPort(b) && a.families.some((family) => b.families.includes(family))

/**
 * Looks at the settings of upstream's two back ends: both are answered with rules of nf_tables. `markMasqBit` and
 * `externalSetMarkChain` say by which mark it has its connections masqueraded, and ours need none.
 */
function requireBackend(json: JsonObject): void {
  const chain = optionalString(json, 'externalSetMarkChain', 'externalSetMarkChain')
  const bit = json.markMasqBit ?? undefined
  if (bit !== undefined && chain !== undefined)
    throw configError('Cannot specify externalSetMarkChain and markMasqBit')
  if (bit !== undefined && !isNumber(bit, 0, 31)) throw configError('MasqMarkBit must be between 0 and 31')
  const options = [
    ...(chain === undefined ? [] : [{ name: 'externalSetMarkChain', backend: 'iptables' }]),
    ...['conditionsV4', 'conditionsV6'].flatMap((name) => {
      const [first = ''] = optionalStrings(json, name, name) ?? []
      if (first === '') return []
      return { name, backend: ['-', '!'].includes(first.slice(0, 1)) ? 'iptables' : 'nftables' }
    }),
  ]
  const backend = optionalString(json, 'backend', 'backend')
  const wrong = backend === 'iptables' ? 'nftables' : 'iptables'
  const foreign = options.filter((option) => backend !== undefined && option.backend === wrong)
  if (foreign.length > 0)
    throw configError(
      `${backend ?? ''} backend was requested but configuration contains ${wrong}-specific options [${foreign.map(({ name }) => name).join(' ')}]`,
    )
  if (backend !== undefined && backend !== 'iptables' && backend !== 'nftables')
    throw configError(`unrecognized backend ${JSON.stringify(backend)}`)
}

function readPorts(json: JsonObject, reference: boolean): readonly WantedPort[] {
  const runtime = optionalObject(json, 'runtimeConfig', 'runtimeConfig') ?? {}
  const where = 'runtimeConfig.portMappings'
  return (optionalArray(runtime, 'portMappings', where) ?? []).map((entry, index) =>
    readPort(requireObject(entry, `${where}[${index}]`), `${where}[${index}]`, reference),
  )
}

function readPort(entry: JsonObject, where: string, reference: boolean): WantedPort {
  const number = (key: string, what: string): number => {
    const port = entry[key] ?? 0
    if (isNumber(port, 1, mostPort)) return port
    // Upstream's text does not say of which entry.
    if (reference && isNumber(port, -(2 ** 31), 2 ** 31))
      throw configError(`Invalid ${what} port number: ${port}`)
    throw configError(`${where}.${key} must be a whole number from 1 to ${mostPort}`)
  }
  const containerPort = number('containerPort', 'container')
  const hostPort = number('hostPort', 'host')
  const name = optionalString(entry, 'protocol', `${where}.protocol`)?.toLowerCase() ?? ''
  if (!isProtocol(name))
    throw configError(`${where}.protocol must be "tcp", "udp" or "sctp", not ${JSON.stringify(name)}`)
  const hostIp = optionalAddress(entry, 'hostIP', `${where}.hostIP`)
  return {
    protocol: PortProtocol[name],
    hostPort,
    containerPort,
    // No packet goes to the unspecified address: it stands for all of its family.
    hostAddress: hostIp?.value === 0n ? undefined : hostIp,
    families: hostIp === undefined ? [4, 6] : [hostIp.family],
  }
}

const isProtocol = (name: string): name is keyof typeof PortProtocol => Object.hasOwn(PortProtocol, name)
