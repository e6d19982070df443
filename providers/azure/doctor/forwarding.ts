import { formatAddress } from '../../../net/address.ts'
import { isTargetProblem } from '../../provider.ts'
import type { NodeInterface } from '../interfaces.ts'
import { groupOfId, machineOf } from '../resource-ids.ts'
import type { ExaminedPlace } from './picture.ts'

/** Those by which packets of pods arrive, which routes lead to, and the one by which they leave. */
export function passedInterfaces({ interfaces, targets }: ExaminedPlace): readonly NodeInterface[] {
  const addresses = [...targets.values()].flatMap((target) => (isTargetProblem(target) ? [] : [target.id]))
  return interfaces.filter(
    (one) => one.primary || one.addresses.some(({ address }) => addresses.includes(formatAddress(address))),
  )
}

/** What it takes to let an interface forward: the action, and the resource group that has to allow it. */
export function forwardingWrite({ id, machine }: NodeInterface): {
  readonly action: string
  readonly scope: string
} {
  const its = machineOf(machine ?? '')
  return its?.scaleSet === undefined
    ? { action: 'Microsoft.Network/networkInterfaces/write', scope: groupOfId(id) }
    : { action: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/write', scope: its.group }
}
