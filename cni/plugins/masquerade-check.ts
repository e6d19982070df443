import { Nftables } from '../nftables/nftables.ts'
import { podDifference } from '../nftables/pod-addition.ts'
import type { MasqueradedAddress } from '../nftables/pod-masquerade.ts'
import { readRuleset } from '../nftables/reading.ts'
import type { System } from '../sys.ts'

/** What the masquerading of the addresses lacks: `chain pod-masquerade`. */
export const missingMasquerade = (
  system: System,
  addresses: readonly MasqueradedAddress[],
  comment: string,
): readonly string[] =>
  podDifference(readRuleset(new Nftables(system)), addresses, comment).words.map(
    (word) => word.split(': ')[0] ?? '',
  )
