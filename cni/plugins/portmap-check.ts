import type { Call } from '../call.ts'
import { Nftables } from '../nftables/nftables.ts'
import { portDifference } from '../nftables/port-addition.ts'
import { readRuleset } from '../nftables/reading.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { readAttached, podAddresses } from './attached.ts'
import { toMappings, toPlan } from './portmap.ts'
import { readPortmapConfig } from './portmap-config.ts'
import { masqueradeComment } from './veth-name.ts'

/**
 * CHECK of the chained plugin `portmap`, and of port mappings in a chain: all that ADD made of the ports is there, for
 * the families that the pod has addresses of.
 *
 * @throws CniError naming the first thing that is missing
 */
export function check(call: Call): void {
  const { system, environment, config } = call
  const wanted = readPortmapConfig(call)
  const attached = readAttached(config)
  if (attached === undefined) throw failure('Required prevResult missing')
  const mappings = toMappings(wanted, podAddresses(attached, environment.ifName))
  if (mappings.length === 0) return
  const comment = masqueradeComment({ ...environment, network: config.name })
  const found = readRuleset(new Nftables(system))
  // What leads elsewhere is missing, whoever it belongs to.
  const { words } = portDifference(found, toPlan(mappings, wanted, comment), () => 'loses')
  const [missing] = words.map((word) => word.split(': ')[0] ?? '')
  if (missing !== undefined) throw failure(`portmap: port mappings are not set up any more: ${missing}`)
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
