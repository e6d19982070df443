import { formatAddress } from '../../../../net/address.ts'
import { type Action, type Context, DONE } from '../action.ts'
import { Ec2Error, invalidCombination, missingParameter, severalInterfaces } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { INSTANCE, lookUp, lookUpAll } from '../ids.ts'
import { detach } from '../interface-wish.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import { type Instance, type InstanceStateName, type State, interfacesOf } from '../state.ts'
import { viewReservations, viewState } from '../views/instance.ts'
import { primaryAddress, privateDnsName } from '../views/network-interface.ts'
import { runInstances } from './run-instances.ts'

const filtersOf = (state: State, region: string): FilterTable<Instance> => {
  const interfaces = (instance: Instance) => interfacesOf(state, instance.instanceId)
  return {
    'instance-id': ({ instanceId }) => [instanceId],
    'instance-state-name': (instance) => [instance.state],
    'instance-type': ({ instanceType }) => [instanceType],
    'image-id': ({ imageId }) => [imageId],
    'reservation-id': ({ reservationId }) => [reservationId],
    'availability-zone': ({ availabilityZone }) => [availabilityZone],
    'vpc-id': (instance) => [interfaces(instance)[0]?.vpcId],
    'subnet-id': (instance) => [interfaces(instance)[0]?.subnetId],
    'private-dns-name': (instance) =>
      (interfaces(instance)[0]?.privateIpAddresses ?? [])
        .slice(0, 1)
        .map((address) => privateDnsName(address, region)),
    'private-ip-address': (instance) => [primaryAddress(interfaces(instance)[0])],
    'source-dest-check': (instance) =>
      interfaces(instance)
        .slice(0, 1)
        .map(({ sourceDestCheck }) => String(sourceDestCheck)),
    'network-interface.network-interface-id': (instance) =>
      interfaces(instance).map(({ networkInterfaceId }) => networkInterfaceId),
    'network-interface.addresses.private-ip-address': (instance) =>
      interfaces(instance).flatMap(({ privateIpAddresses }) => privateIpAddresses.map(formatAddress)),
    'network-interface.ipv6-addresses.ipv6-address': (instance) =>
      interfaces(instance).flatMap(({ ipv6Addresses }) => ipv6Addresses.map(formatAddress)),
  }
}

const describeInstances: Action = {
  name: 'DescribeInstances',
  required: [],
  optional: ['InstanceId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state, region } = context
    const idOf = (instance: Instance): string => instance.instanceId
    const ids = parameters.list('InstanceId')
    if (ids.length > 0 && parameters.has('MaxResults'))
      throw invalidCombination('The parameter instancesSet cannot be used with the parameter maxResults')
    const named = ids.length > 0 ? lookUpAll(INSTANCE, state.instances, ids) : [...state.instances.values()]
    const found = filterRecords(named, parameters, filtersOf(state, region), { state, idOf })
    const page = pageOf(found, parameters, idOf, 1000)
    return () => ({
      reservationSet: viewReservations(page.records, context),
      nextToken: page.nextToken,
    })
  },
}

/** The answer shows the state on the way (`stopping`); every later call finds the one that lasts (`stopped`). */
function changeState(
  name: string,
  flags: readonly string[],
  change: {
    readonly verb: string
    readonly to: Instance['state']
    readonly on: InstanceStateName
    readonly from: readonly Instance['state'][]
    readonly also?: (instance: Instance, context: Context) => void
  },
): Action {
  return {
    name,
    required: [],
    optional: ['InstanceId.#', ...flags],
    prepare(parameters, context) {
      const { state } = context
      for (const flag of flags) parameters.flag(flag)
      const ids = parameters.list('InstanceId')
      // Not MissingParameter, as seen on AWS: https://github.com/gruntwork-io/cloud-nuke/issues/731
      if (ids.length === 0) throw invalidCombination('No instances specified')
      const instances = lookUpAll(INSTANCE, state.instances, ids)
      for (const instance of instances)
        if (instance.state !== change.to && !change.from.includes(instance.state))
          throw new Ec2Error(
            'IncorrectInstanceState',
            `The instance '${instance.instanceId}' is not in a state from which it can be ${change.verb}.`,
          )
      return () => ({
        instancesSet: instances.map((instance) => {
          state.instances.set(instance.instanceId, { ...instance, state: change.to })
          change.also?.(instance, context)
          return {
            instanceId: instance.instanceId,
            currentState: viewState(instance.state === change.to ? change.to : change.on),
            previousState: viewState(instance.state),
          }
        }),
      })
    },
  }
}

const stopInstances = changeState('StopInstances', ['Force', 'Hibernate'], {
  verb: 'stopped',
  to: 'stopped',
  on: 'stopping',
  from: ['running'],
})

const startInstances = changeState('StartInstances', [], {
  verb: 'started',
  to: 'running',
  on: 'pending',
  from: ['stopped'],
})

/** The instance stays describable, as it does on AWS for an hour. Its interfaces go, or become free. */
const terminateInstances = changeState('TerminateInstances', [], {
  verb: 'terminated',
  to: 'terminated',
  on: 'shutting-down',
  from: ['running', 'stopped'],
  also: ({ instanceId }, { state }) => {
    for (const eni of interfacesOf(state, instanceId)) {
      detach(state, eni)
      if (eni.attachment?.deleteOnTermination !== true) continue
      state.networkInterfaces.delete(eni.networkInterfaceId)
      state.tags.delete(eni.networkInterfaceId)
    }
  },
})

/** Of an instance with several interfaces the check can only be changed on each of them. */
const modifyInstanceAttribute: Action = {
  name: 'ModifyInstanceAttribute',
  required: ['InstanceId'],
  optional: ['SourceDestCheck.Value'],
  prepare(parameters, { state }) {
    const { instanceId } = lookUp(INSTANCE, state.instances, parameters.required('InstanceId'))
    const sourceDestCheck = parameters.flag('SourceDestCheck.Value')
    if (sourceDestCheck === undefined) throw missingParameter('SourceDestCheck')
    const [eni, ...others] = interfacesOf(state, instanceId)
    if (others.length > 0) throw severalInterfaces(instanceId)
    if (eni === undefined)
      throw new Ec2Error(
        'IncorrectInstanceState',
        `The instance '${instanceId}' is not in a state from which it can be modified.`,
      )
    return () => {
      state.networkInterfaces.set(eni.networkInterfaceId, { ...eni, sourceDestCheck })
      return DONE
    }
  },
}

export const INSTANCE_ACTIONS: readonly Action[] = [
  runInstances,
  describeInstances,
  stopInstances,
  startInstances,
  terminateInstances,
  modifyInstanceAttribute,
]
