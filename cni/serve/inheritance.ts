import { type Cidr, equalCidrs, formatCidr } from '../../net/cidr.ts'
import { readRange } from '../ipam/range.ts'
import { isCniError } from '../spec/error.ts'
import type { JsonObject } from '../spec/json.ts'
import { hasNameCharacters } from '../spec/name.ts'
import { type Configuration, isObject } from './configurations.ts'
import { ServeError } from './parameters.ts'

/** What goes on under our configuration of the one before, so that its pods do: the same for ours and for another's. */
export interface Inheritance {
  /** Of the network: reservations and runtimes' records go by it. */
  readonly name: string
  /** Where host-local keeps reservations, if the configuration says so. */
  readonly dataDir: string | undefined
  /** Each of one range, with its own gateway and bounds. */
  readonly rangeSets: readonly JsonObject[]
  /** Routes of pods, as they are written. */
  readonly routes: unknown
  /** Plugins behind the first: their DEL has to come for what they did at an ADD. */
  readonly chained: readonly JsonObject[]
  /** Which the plugins in that chain are known to understand. */
  readonly version: string
  /** The bridge that its pods are on. */
  readonly bridge: string | undefined
}

/** Those that give pods routed interfaces, with addresses of a range of the node. */
const mains: readonly unknown[] = ['podway-cni', 'ptp', 'bridge']

/**
 * Reads what goes on.
 * @throws ServeError `refused`, with what of it can't
 */
export function readInheritance(file: string, configuration: Configuration | undefined): Inheritance {
  const refuse = (message: string): ServeError =>
    new ServeError({
      code: 'refused',
      field: 'parameters.takeOver',
      message: `${file} can't be taken over: ${message}`,
    })
  if (configuration === undefined) throw refuse('it can not be read as a configuration')
  const { name, plugins, version } = configuration
  if (name === undefined || !hasNameCharacters(name)) throw refuse('its network has no valid name')
  const [main, ...chained] = plugins
  if (main === undefined || !mains.includes(main.type))
    throw refuse(`its plugin is ${JSON.stringify(main?.type)}, and not ptp or bridge`)
  const { ipam } = main
  if (!isObject(ipam) || ipam.type !== 'host-local')
    throw refuse('its addresses are not host-local’s, so nobody can tell which are taken')
  const { dataDir } = ipam
  if (dataDir !== undefined && (typeof dataDir !== 'string' || !dataDir.startsWith('/')))
    throw refuse('its ipam.dataDir is no absolute path')
  return {
    name,
    dataDir,
    rangeSets: readRangeSets(ipam, refuse),
    routes: ipam.routes,
    chained,
    version: version ?? '0.1.0',
    bridge: main.type === 'bridge' ? bridgeName(main, refuse) : undefined,
  }
}

type Refuse = (message: string) => ServeError

function readRangeSets(ipam: JsonObject, refuse: Refuse): readonly JsonObject[] {
  const sets = [
    ...(ipam.subnet === undefined ? [] : [[ipam]]),
    ...(Array.isArray(ipam.ranges) ? (ipam.ranges as readonly unknown[]) : []),
  ]
  return sets.map((set) => {
    const [range, ...others] = Array.isArray(set) ? (set as readonly unknown[]) : []
    if (!isObject(range) || others.length > 0) throw refuse('a range set of it is not one range')
    const { subnet, rangeStart, rangeEnd, gateway } = range
    try {
      readRange(range, 'ipam.ranges')
    } catch (error) {
      if (isCniError(error)) throw refuse(error.message)
      throw error
    }
    return { subnet, rangeStart, rangeEnd, gateway }
  })
}

/** The kernel's rules for a link's name; it becomes a part of a path. */
function bridgeName({ bridge = 'cni0' }: JsonObject, refuse: Refuse): string {
  const isName =
    typeof bridge === 'string' &&
    bridge.length > 0 &&
    bridge.length < 16 &&
    bridge !== '.' &&
    bridge !== '..' &&
    Array.from(bridge).every((letter) => letter > ' ' && letter <= '~' && letter !== '/')
  if (!isName) throw refuse('its bridge has no valid name')
  return bridge
}

/** Whether it gives addresses of exactly these ranges. */
export function hasRanges({ rangeSets }: Inheritance, podCidrs: readonly Cidr[]): boolean {
  const ranges = subnetsOf(rangeSets)
  return (
    ranges.length === podCidrs.length &&
    podCidrs.every((cidr) => ranges.some((range) => equalCidrs(range, cidr)))
  )
}

const subnetsOf = (rangeSets: readonly JsonObject[]): readonly Cidr[] =>
  rangeSets.map((range) => readRange(range, 'ipam.ranges').subnet)

/** Its ranges in words. */
export const formatRanges = ({ rangeSets }: Inheritance): string =>
  subnetsOf(rangeSets).map(formatCidr).join(', ') || 'none'
