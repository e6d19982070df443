import { addPortVlan, deletePortVlan, listPortVlans } from '../netlink/bridge-vlan.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { VlanConfig } from './vlan-config.ts'

/** What a trunk without an access VLAN takes untagged frames for, as bridges do that nobody has told otherwise. */
const nativeVlan = 1

/** Puts a port of a bridge into its VLANs, before it is up: no frame of another one gets through. */
export function setPortVlans(host: Rtnetlink, port: number, vlans: VlanConfig): void {
  const { access, trunk, keepsDefault } = vlans
  const isIn = access !== undefined || trunk.length > 0
  const dropped = isIn && !keepsDefault ? listPortVlans(host.connection, port) : []
  const untagged = access ?? (trunk.length > 0 ? nativeVlan : undefined)
  const changes = [
    ...dropped.map((vlan) => deletePortVlan(port, vlan)),
    ...trunk.map((vlan) => addPortVlan(port, vlan, { access: false })),
    ...(untagged === undefined ? [] : [addPortVlan(port, untagged, { access: true })]),
  ]
  if (changes.length > 0) for (const { error } of host.change(changes)) throw error
}
