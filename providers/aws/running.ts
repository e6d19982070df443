import type { Target } from '../route.ts'
import type { Ec2 } from './call.ts'
import { instancesById } from './instances.ts'
import { interfacesById } from './network-interfaces.ts'

/** What takes packets, or will in a moment. */
const live = new Set<string | undefined>(['pending', 'running'])

/** Whether each interface is attached to an instance that runs. One that EC2 does not know is not. */
export async function areRunning(
  ec2: Ec2,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<readonly boolean[]> {
  const ids = targets.filter(({ kind }) => kind === 'eni').map(({ id }) => id)
  const interfaces = await interfacesById(ec2, ids, signal)
  const owners = [...interfaces.values()].flatMap(({ Attachment }) => Attachment?.InstanceId ?? [])
  const instances = await instancesById(ec2, owners, signal)
  const running = new Set(
    instances.filter(({ State }) => live.has(State?.Name)).map(({ InstanceId }) => InstanceId),
  )
  return targets.map(({ id }) => {
    const owner = interfaces.get(id)?.Attachment?.InstanceId
    return owner !== undefined && running.has(owner)
  })
}
