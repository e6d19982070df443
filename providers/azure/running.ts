import { formatAddress } from '../../net/address.ts'
import { ProviderError } from '../errors.ts'
import type { Target } from '../route.ts'
import { computePath } from './arm-api.ts'
import { type Arm, read } from './call.ts'
import { type NodeInterfaces, addressOf } from './node-interfaces.ts'
import { machineOf } from './resource-ids.ts'
import type { WireInstanceView } from './wire.ts'

/** What takes packets, or will in a moment. */
const live: ReadonlySet<string> = new Set(['PowerState/starting', 'PowerState/running', 'PowerState/unknown'])

/** Whether each address is of a machine that runs. One that nobody has is not. */
export async function areRunning(
  arm: Arm,
  interfaces: NodeInterfaces,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<readonly boolean[]> {
  const addresses = targets.flatMap((target) => addressOf(target) ?? [])
  if (addresses.length === 0) return targets.map(() => false)
  const found = await interfaces.ofAddresses(addresses, signal)
  const asked = new Map<string, Promise<boolean>>()
  return Promise.all(
    targets.map((target): Promise<boolean> => {
      const address = addressOf(target)
      const machine = address === undefined ? undefined : found.get(formatAddress(address))?.machine
      if (machine === undefined) return Promise.resolve(false)
      const answer = asked.get(machine) ?? isRunning(arm, machine, signal)
      asked.set(machine, answer)
      return answer
    }),
  )
}

/** Whether the machine takes packets, or will in a moment. @param machine its id */
export async function isRunning(arm: Arm, machine: string, signal: AbortSignal): Promise<boolean> {
  const inSet = machineOf(machine)?.scaleSet !== undefined
  const operation = inSet ? 'VirtualMachineScaleSetVMs_GetInstanceView' : 'VirtualMachines_InstanceView'
  try {
    const view = await read<WireInstanceView>(arm, operation, computePath(`${machine}/instanceView`), signal)
    const power = (view.statuses ?? []).flatMap(({ code = '' }) =>
      code.startsWith('PowerState/') ? [code] : [],
    )
    // A machine of which no power state is told yet is being made.
    return power.length === 0 || power.some((state) => live.has(state))
  } catch (error) {
    if (error instanceof ProviderError && error.class === 'not-found') return false
    throw error
  }
}
