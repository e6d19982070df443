import type { Instance, InstanceNetworkInterface } from '@aws-sdk/client-ec2'
import type { TargetProblem } from '../provider.ts'
import type { Target } from '../route.ts'

/** Which of an instance's network interfaces its node's routes lead to. */
export type TargetInterface =
  /** The one that the instance was born with: device 0 of network card 0. */
  | { readonly by: 'primary' }
  /** Of network card 0. */
  | { readonly by: 'device-index'; readonly index: number }
  | { readonly by: 'tag'; readonly key: string; readonly value: string }
  | { readonly by: 'subnet'; readonly id: string }

/** Where an interface is attached, as both of EC2's descriptions of one have it. */
interface Attached {
  readonly Attachment?:
    { readonly DeviceIndex?: number | undefined; readonly NetworkCardIndex?: number | undefined } | undefined
}

export const isPrimary = (eni: Attached): boolean => isAt(eni, 0)

const isAt = ({ Attachment }: Attached, index: number): boolean =>
  Attachment?.DeviceIndex === index && (Attachment.NetworkCardIndex ?? 0) === 0

/** @param tagged the interfaces with the tag, where it is one that tells */
export function targetOf(
  instance: Instance,
  choice: TargetInterface,
  tagged: ReadonlySet<string>,
): Target | TargetProblem {
  const matching = (instance.NetworkInterfaces ?? []).filter((eni) => matches(eni, choice, tagged))
  const [eni, second] = matching
  const of = `instance ${instance.InstanceId ?? ''}`
  if (second !== undefined) {
    const ids = matching.map(({ NetworkInterfaceId }) => NetworkInterfaceId).join(', ')
    return {
      problem: 'invalid',
      message: `${of} has several network interfaces ${wording(choice)} (${ids}): it is not clear which one is meant`,
    }
  }
  const id = eni?.NetworkInterfaceId
  if (id !== undefined) return { kind: 'eni', id }
  return { problem: 'waiting', message: `${of} has no network interface ${wording(choice)} yet` }
}

function matches(
  eni: InstanceNetworkInterface,
  choice: TargetInterface,
  tagged: ReadonlySet<string>,
): boolean {
  switch (choice.by) {
    case 'primary':
      return isPrimary(eni)
    case 'device-index':
      return isAt(eni, choice.index)
    case 'tag':
      return tagged.has(eni.NetworkInterfaceId ?? '')
    case 'subnet':
      return eni.SubnetId === choice.id
  }
}

function wording(choice: TargetInterface): string {
  switch (choice.by) {
    case 'primary':
      return 'that is the primary one'
    case 'device-index':
      return `at device index ${choice.index}`
    case 'tag':
      return `with the tag ${choice.key}=${choice.value}`
    case 'subnet':
      return `in subnet ${choice.id}`
  }
}
