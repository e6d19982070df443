import { type Address, formatAddress } from '../../net/address.ts'
import type { Target } from '../route.ts'
import { addressOnWire } from '../wire-addresses.ts'
import type { Arm } from './call.ts'
import {
  type NodeInterface,
  interfacesInGroup,
  interfacesOfMachine,
  interfacesOfScaleSet,
  uniformScaleSets,
} from './interfaces.ts'
import { type MachineId, machineOf, networkOf } from './resource-ids.ts'

export interface NodeInterfacesOptions {
  readonly arm: Arm
  /** Ids of the resource groups in which machines are looked for by address. */
  readonly groups: readonly string[]
  /** The id of the network to which the addresses belong; others may use the same ones. Any, unless told. */
  readonly network: string | undefined
}

/** Up to so many machines of one group are asked for one by one; of more, all that the group has are listed. */
const few = 10

/** The interfaces of machines. */
export class NodeInterfaces {
  readonly #options: NodeInterfacesOptions
  /** Whose address it was when it was last seen. Only a memory: what is not in it is looked for. */
  readonly #machines = new Map<string, MachineId>()

  constructor(options: NodeInterfacesOptions) {
    this.#options = options
  }

  /** By id of the machine; undefined of one that Azure does not know. */
  async ofMachines(
    machines: readonly MachineId[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly NodeInterface[] | undefined>> {
    const { arm } = this.#options
    const distinct = new Map(machines.map((machine) => [machine.id, machine]))
    const together = Map.groupBy(distinct.values(), ({ group, scaleSet }) => scaleSet ?? group)
    const found = new Map<string, readonly NodeInterface[] | undefined>()
    for (const [place, members] of together) {
      const listed =
        members.length > few ? await this.#list(place, members, signal) : new Map<string, NodeInterface[]>()
      await Promise.all(
        members.map(async (machine) => {
          // An interface may be in another group than its machine.
          const its = listed.get(machine.id) ?? (await interfacesOfMachine(arm, machine, signal))
          found.set(machine.id, its)
          for (const one of its ?? []) this.#learn(one)
        }),
      )
    }
    return found
  }

  /** The interface that has the address now; nothing of an address that none has. By canonical text. */
  async ofAddresses(
    addresses: readonly Address[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NodeInterface>> {
    const wanted = new Set(addresses.map(formatAddress))
    const known = [...wanted].flatMap((text) => this.#machines.get(text) ?? [])
    const found = byAddress(
      [...(await this.ofMachines(known, signal)).values()].flatMap((some) => some ?? []),
    )
    if (wanted.isSubsetOf(found)) return found
    return new Map([...byAddress(await this.inScope(signal)), ...found])
  }

  /** Those of all machines in the cluster's resource groups, and in its network. */
  async inScope(signal: AbortSignal): Promise<readonly NodeInterface[]> {
    const { arm, groups, network } = this.#options
    const all: NodeInterface[] = []
    for (const group of groups) {
      all.push(...(await interfacesInGroup(arm, group, signal)))
      for (const set of await uniformScaleSets(arm, group, signal))
        all.push(...(await interfacesOfScaleSet(arm, set, signal)))
    }
    const found = all.filter(
      ({ addresses, machine }) =>
        machine !== undefined &&
        (network === undefined || addresses.some(({ subnet }) => networkOf(subnet) === network)),
    )
    for (const one of found) this.#learn(one)
    return found
  }

  async #list(
    place: string,
    members: readonly MachineId[],
    signal: AbortSignal,
  ): Promise<Map<string, NodeInterface[]>> {
    const { arm } = this.#options
    const isSet = members.some(({ scaleSet }) => scaleSet === place)
    const all = isSet
      ? await interfacesOfScaleSet(arm, place, signal)
      : await interfacesInGroup(arm, place, signal)
    return Map.groupBy(all, ({ machine }) => machine ?? '')
  }

  #learn({ addresses, machine }: NodeInterface): void {
    const id = machineOf(machine ?? '')
    if (id === undefined) return
    for (const { address } of addresses) this.#machines.set(formatAddress(address), id)
  }
}

const byAddress = (interfaces: readonly NodeInterface[]): Map<string, NodeInterface> =>
  new Map(
    interfaces.flatMap((one) => one.addresses.map(({ address }) => [formatAddress(address), one] as const)),
  )

/** The address that a target is; undefined of what is none. */
export const addressOf = ({ id, kind }: Target): Address | undefined =>
  kind === 'address' ? addressOnWire(id) : undefined
