import type { Context } from '../action.ts'
import { type Instance, type InstanceStateName, interfacesOf } from '../state.ts'
import { tagSet } from '../tagging.ts'
import type { XmlFields } from '../xml.ts'
import { primaryAddress, privateDnsName, viewGroups, viewInstanceInterface } from './network-interface.ts'

const STATE_CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

export const viewState = (name: InstanceStateName): XmlFields => ({ code: STATE_CODES[name], name })

/** `shownAs`: the state on the way to the one that lasts. A terminated instance has no network any more. */
export function viewInstance(
  instance: Instance,
  context: Context,
  shownAs: InstanceStateName = instance.state,
): XmlFields {
  const { state, region } = context
  const interfaces = interfacesOf(state, instance.instanceId)
  const primary = interfaces[0]
  const address = primary?.privateIpAddresses[0]
  return {
    instanceId: instance.instanceId,
    imageId: instance.imageId,
    instanceState: viewState(shownAs),
    privateDnsName: address === undefined ? '' : privateDnsName(address, region),
    dnsName: '',
    amiLaunchIndex: instance.launchIndex,
    instanceType: instance.instanceType,
    launchTime: new Date(instance.launchTime).toISOString(),
    placement: { availabilityZone: instance.availabilityZone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: primary?.subnetId,
    vpcId: primary?.vpcId,
    privateIpAddress: primaryAddress(primary),
    sourceDestCheck: primary?.sourceDestCheck,
    groupSet: viewGroups(primary?.groupIds ?? [], state),
    architecture: 'x86_64',
    tagSet: tagSet(state, instance.instanceId),
    networkInterfaceSet: interfaces.map((eni) => viewInstanceInterface(eni, context)),
  }
}

/** Instances grouped by the call that launched them, in the order given. */
export function viewReservations(instances: readonly Instance[], context: Context): readonly XmlFields[] {
  return [...Map.groupBy(instances, ({ reservationId }) => reservationId)].map(([reservationId, group]) =>
    viewReservation(
      reservationId,
      group.map((instance) => viewInstance(instance, context)),
      context,
    ),
  )
}

export const viewReservation = (
  reservationId: string,
  instances: readonly XmlFields[],
  { accountId }: Context,
): XmlFields => ({ reservationId, ownerId: accountId, groupSet: [], instancesSet: instances })
