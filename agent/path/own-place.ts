import type { Node } from '../../kube/objects.ts'
import { type Address, AddressSyntaxError, parseAddress } from '../../net/address.ts'
import { type Cidr, cidrAround, parseInterfaceAddress } from '../../net/cidr.ts'

/** Which addresses are a Node's own, and its pods'. */
export interface OwnPlace {
  readonly addresses: readonly Address[]
  readonly podCIDRs: readonly Cidr[]
}

/** As the Node's object says; what can't be read there is nobody's. */
export function ownPlace({ spec, status }: Node): OwnPlace {
  const { podCIDR, podCIDRs = podCIDR === undefined ? [] : [podCIDR] } = spec
  return {
    addresses: (status?.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .flatMap(({ address }) => orNothing(() => parseAddress(address))),
    podCIDRs: podCIDRs.flatMap((text) =>
      orNothing(() => {
        const { address, prefixLength } = parseInterfaceAddress(text)
        return cidrAround(address, prefixLength)
      }),
    ),
  }
}

function orNothing<T>(read: () => T): readonly T[] {
  try {
    return [read()]
  } catch (error) {
    if (error instanceof AddressSyntaxError) return []
    throw error
  }
}
