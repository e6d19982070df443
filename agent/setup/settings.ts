import type { Family } from '../../net/address.ts'
import type { Cidr } from '../../net/cidr.ts'

/** How a user wants his nodes. */
export interface SetupSettings {
  /** Of these families, what pods send to elsewhere is masqueraded. */
  readonly masquerade: readonly Family[]
  /** Whether what goes to 169.254.0.0/16 is masqueraded too: clouds' metadata services and resolvers answer nodes only. */
  readonly masqueradeLinkLocal: boolean
  /** Source ports by chance, not in a row. */
  readonly randomFully: boolean
  /** Destinations that are not masqueraded, besides those that podway knows. */
  readonly nonMasqueradeCidrs: readonly Cidr[]
  readonly antiSpoofing: boolean
  readonly blockMetadata: boolean
  /** Of pods' interfaces; undefined: the uplink's. */
  readonly mtu: number | undefined
}
