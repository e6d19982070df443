import type { Address } from '../../net/address.ts'
import { ProviderError } from '../errors.ts'
import { addressOnWire } from '../wire-addresses.ts'
import { computePath, networkPath, scaleSetInterfacePath } from './arm-api.ts'
import { type Arm, callForAll, read } from './call.ts'
import type { MachineId } from './resource-ids.ts'
import type { WireInterface, WireMachine, WireScaleSet } from './wire.ts'

/** A network interface, as far as routes are concerned. */
export interface NodeInterface {
  /** In lower case, as all ids here. */
  readonly id: string
  /** The machine that has it. */
  readonly machine: string | undefined
  /** Whether packets leave the machine by it. */
  readonly primary: boolean
  readonly forwards: boolean
  readonly addresses: readonly {
    readonly address: Address
    /** Of several of the machine's, the one that Azure names first. */
    readonly primary: boolean
    readonly subnet: string
  }[]
  /** The document, for a write that has to be whole. */
  readonly wire: WireInterface
}

export function interfaceOf(wire: WireInterface): NodeInterface {
  const { enableIPForwarding, ipConfigurations = [], primary, virtualMachine } = wire.properties ?? {}
  return {
    id: (wire.id ?? '').toLowerCase(),
    machine: virtualMachine?.id?.toLowerCase(),
    primary: primary === true,
    forwards: enableIPForwarding === true,
    addresses: ipConfigurations.flatMap(({ properties = {} }) => {
      const { primary: first, privateIPAddress, subnet } = properties
      // A configuration may hold a whole range, which no node has as its own.
      const address = addressOnWire(privateIPAddress ?? '')
      if (address === undefined) return []
      return [
        {
          address,
          primary: first === true,
          subnet: (subnet?.id ?? '').toLowerCase(),
        },
      ]
    }),
    wire,
  }
}

/** Those of machines that are no members of uniform scale sets. @param group its id */
export async function interfacesInGroup(
  arm: Arm,
  group: string,
  signal: AbortSignal,
): Promise<readonly NodeInterface[]> {
  const path = networkPath(`${group}/providers/Microsoft.Network/networkInterfaces`)
  const found = await callForAll<WireInterface>(arm, 'NetworkInterfaces_List', path, signal)
  return found.map(interfaceOf)
}

export async function interfacesOfScaleSet(
  arm: Arm,
  scaleSet: string,
  signal: AbortSignal,
): Promise<readonly NodeInterface[]> {
  const operation = 'NetworkInterfaces_ListVirtualMachineScaleSetNetworkInterfaces'
  const path = scaleSetInterfacePath(`${scaleSet}/networkInterfaces`)
  return (await callForAll<WireInterface>(arm, operation, path, signal)).map(interfaceOf)
}

/** Ids of the group's scale sets whose members are no machines of their own. */
export async function uniformScaleSets(
  arm: Arm,
  group: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = computePath(`${group}/providers/Microsoft.Compute/virtualMachineScaleSets`)
  const found = await callForAll<WireScaleSet>(arm, 'VirtualMachineScaleSets_List', path, signal)
  return found.flatMap(({ id, properties }) =>
    id === undefined || properties?.orchestrationMode === 'Flexible' ? [] : [id.toLowerCase()],
  )
}

/** Of one machine, wherever they are; undefined if there is no such machine. */
export async function interfacesOfMachine(
  arm: Arm,
  { id, scaleSet }: MachineId,
  signal: AbortSignal,
): Promise<readonly NodeInterface[] | undefined> {
  try {
    if (scaleSet !== undefined) {
      const operation = 'NetworkInterfaces_ListVirtualMachineScaleSetVMNetworkInterfaces'
      const path = scaleSetInterfacePath(`${id}/networkInterfaces`)
      return (await callForAll<WireInterface>(arm, operation, path, signal)).map(interfaceOf)
    }
    const machine = await read<WireMachine>(arm, 'VirtualMachines_Get', computePath(id), signal)
    const ids = (machine.properties?.networkProfile?.networkInterfaces ?? []).flatMap((one) => one.id ?? [])
    return await Promise.all(
      ids.map(async (one) =>
        interfaceOf(await read<WireInterface>(arm, 'NetworkInterfaces_Get', networkPath(one), signal)),
      ),
    )
  } catch (error) {
    if (error instanceof ProviderError && error.class === 'not-found') return undefined
    throw error
  }
}
