import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import { configError, optionalBoolean, optionalString, optionalStrings } from '../spec/json.ts'

export interface MasqueradeConfig {
  /** Destinations that see the pod's addresses, besides its own subnet. */
  readonly exceptions: readonly Cidr[]
}

/**
 * Either back end of the reference plugin is nf_tables here. Undefined: the pod's addresses leave the machine as they are.
 * @throws CniError "config" (7), with upstream's text for another back end
 */
export function readMasquerade({ config: { json }, reference }: Call): MasqueradeConfig | undefined {
  const isWanted = optionalBoolean(json, 'ipMasq', 'ipMasq') === true
  const backend = optionalString(json, 'ipMasqBackend', 'ipMasqBackend')
  const exceptions = reference
    ? []
    : (optionalStrings(json, 'nonMasqueradeCIDRs', 'nonMasqueradeCIDRs') ?? []).map((text, index) =>
        readCidr(text, `nonMasqueradeCIDRs[${index}]`),
      )
  if (!isWanted) return undefined
  if (backend !== undefined && backend !== 'iptables' && backend !== 'nftables')
    throw configError(`ipMasqBackend: unknown ipmasq backend ${JSON.stringify(backend)}`)
  return { exceptions }
}

function readCidr(text: string, where: string): Cidr {
  try {
    return parseCidr(text)
  } catch (error) {
    if (!(error instanceof AddressSyntaxError)) throw error
    throw configError(`${where}: ${error.message}`)
  }
}
