import type { Call } from '../call.ts'
import { Nftables } from '../nftables/nftables.ts'
import { podDifference } from '../nftables/pod-addition.ts'
import type { MasqueradedAddress } from '../nftables/pod-masquerade.ts'
import { readRuleset } from '../nftables/reading.ts'
import type { AssignedAddress } from '../spec/result.ts'
import type { System } from '../sys.ts'
import { readMasquerade } from './masquerade-config.ts'
import { toMasqueradedAddresses } from './masquerade.ts'
import { failure } from './pod-check.ts'
import { masqueradeComment } from './veth-name.ts'

/**
 * With `ipMasq`, the addresses are still masqueraded. Upstream doesn't look at its rules.
 * @throws CniError "internal" (999) that names what is missing
 */
export function checkMasquerade(call: Call, ips: readonly AssignedAddress[], plugin: string): void {
  const masquerade = readMasquerade(call)
  if (masquerade === undefined) return
  const { system, environment, config } = call
  const comment = masqueradeComment({ ...environment, network: config.name })
  const [missing] = missingMasquerade(system, toMasqueradedAddresses(ips, masquerade), comment)
  if (missing !== undefined) throw failure(`${plugin}: masquerading is not set up any more: ${missing}`)
}

/** What the masquerading of the addresses lacks: `chain pod-masquerade`. */
const missingMasquerade = (
  system: System,
  addresses: readonly MasqueradedAddress[],
  comment: string,
): readonly string[] =>
  podDifference(readRuleset(new Nftables(system)), addresses, comment).words.map(
    (word) => word.split(': ')[0] ?? '',
  )
