import type { Action, Context } from '../action.ts'
import { Ec2Error, invalidCombination, invalidParameter, invalidValue, missingParameter } from '../errors.ts'
import { NETWORK_INTERFACE, isWellFormed, lookUp } from '../ids.ts'
import { type InterfaceWish, WISH_PARAMETERS, addInterface, readInterfaceWish } from '../interface-wish.ts'
import type { Parameters } from '../parameters.ts'
import type { Attachment, Instance, NetworkInterface } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications } from '../tagging.ts'
import { viewInstance, viewReservation } from '../views/instance.ts'

/** One interface of an instance to be: a new one, or one that exists. */
interface Plug {
  readonly deviceIndex: number
  readonly deleteOnTermination: boolean
  readonly source: InterfaceWish | NetworkInterface
}

/**
 * The answer shows the instances as `pending`; every later call finds them `running`. There is nothing between that a
 * caller would have to wait for.
 */
export const runInstances: Action = {
  name: 'RunInstances',
  required: ['ImageId', 'MinCount', 'MaxCount'],
  optional: [
    'InstanceType',
    'ClientToken',
    'SubnetId',
    'PrivateIpAddress',
    'Ipv6AddressCount',
    'Ipv6Address.#.Ipv6Address',
    'Placement.AvailabilityZone',
    'SecurityGroupId.#',
    ...TAG_SPECIFICATION_PARAMETERS,
    ...['DeviceIndex', 'NetworkInterfaceId', 'DeleteOnTermination', ...WISH_PARAMETERS].map(
      (name) => `NetworkInterface.#.${name}`,
    ),
  ],
  prepare(parameters, context) {
    const { state, now } = context
    const imageId = parameters.required('ImageId')
    if (!isWellFormed('ami', imageId))
      throw new Ec2Error('InvalidAMIID.Malformed', `Invalid id: "${imageId}" (expecting "ami-...")`)
    const count = readCount(parameters)
    const plugs = readPlugs(parameters, context, count)
    const availabilityZone = zoneOf(plugs, parameters)
    const tags = readTagSpecifications(parameters, ['instance', 'network-interface', 'volume'])
    return () => {
      const reservationId = state.newId('r')
      const launched = plugs.map((ofInstance, launchIndex) => {
        const instance: Instance = {
          instanceId: state.newId('i'),
          reservationId,
          launchIndex,
          imageId,
          instanceType: parameters.text('InstanceType') ?? 'm1.small',
          availabilityZone,
          launchTime: now,
          state: 'running',
        }
        state.instances.set(instance.instanceId, instance)
        putTags(state, instance.instanceId, tags.get('instance'))
        for (const plug of ofInstance) {
          const created = plugIn(plug, instance.instanceId, context)
          if (created !== undefined) putTags(state, created.networkInterfaceId, tags.get('network-interface'))
        }
        return instance
      })
      const views = launched.map((instance) => viewInstance(instance, context, 'pending'))
      return viewReservation(reservationId, views, context)
    }
  },
}

/** Capacity has no bounds here: it is always MaxCount. */
function readCount(parameters: Parameters): number {
  const min = parameters.integer('MinCount') ?? 0
  const max = parameters.integer('MaxCount') ?? 0
  if (min < 1) throw invalidValue('MinCount', String(min), 'Expecting a value greater than 0.')
  if (max < min) throw invalidValue('MaxCount', String(max), 'Expecting a value not less than minCount.')
  return max
}

/** The interfaces of each of the `count` instances. */
function readPlugs(parameters: Parameters, context: Context, count: number): readonly (readonly Plug[])[] {
  const specified = parameters.structures('NetworkInterface')
  if (specified.length > 0) {
    for (const name of ['SubnetId', 'PrivateIpAddress', 'Ipv6AddressCount', 'Ipv6Address', 'SecurityGroupId'])
      if (parameters.has(name))
        throw invalidCombination(
          'Network interfaces and an instance-level subnet ID, private IP address or IPv6 address may not be specified on the same request',
        )
  } else if (!parameters.has('SubnetId')) {
    throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user')
  }
  const wishes: InterfaceWish[] = []
  const plugs: Plug[][] = []
  for (let index = 0; index < count; index++) {
    if (specified.length === 0) {
      refuseNamed(parameters, count, ['PrivateIpAddress', 'Ipv6Address'])
      const source = readInterfaceWish(parameters, context, wishes, 'Ipv6Address')
      wishes.push(source)
      plugs.push([{ deviceIndex: 0, deleteOnTermination: true, source }])
      continue
    }
    plugs.push(
      specified.map((specification) => {
        const plug = readPlug(specification, context, wishes, count)
        if ('subnet' in plug.source) wishes.push(plug.source)
        return plug
      }),
    )
  }
  plugs.forEach(checkPlugs)
  return plugs
}

function readPlug(
  specification: Parameters,
  context: Context,
  wishes: readonly InterfaceWish[],
  count: number,
): Plug {
  const deviceIndex = specification.integer('DeviceIndex')
  if (deviceIndex === undefined) throw invalidParameter('Each network interface requires a device index.')
  const existing = specification.text('NetworkInterfaceId')
  const deleteOnTermination = specification.flag('DeleteOnTermination')
  if (existing === undefined) {
    refuseNamed(specification, count, ['PrivateIpAddress', 'PrivateIpAddresses', 'Ipv6Addresses'])
    if (!specification.has('SubnetId'))
      throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user')
    const source = readInterfaceWish(specification, context, wishes)
    return { deviceIndex, deleteOnTermination: deleteOnTermination ?? true, source }
  }
  refuseNamed(specification, count, ['NetworkInterfaceId'])
  const source = lookUp(NETWORK_INTERFACE, context.state.networkInterfaces, existing)
  if (source.attachment !== undefined)
    throw new Ec2Error('InvalidNetworkInterface.InUse', `Interface: [${existing}] in use.`)
  if (specification.has('SubnetId'))
    throw invalidCombination('A network interface may not specify both a network interface ID and a subnet')
  if (deleteOnTermination === true)
    throw invalidCombination(
      'A network interface may not specify a network interface ID and delete on termination as true',
    )
  return { deviceIndex, deleteOnTermination: false, source }
}

/** What has one owner can't be given to several instances. */
function refuseNamed(parameters: Parameters, count: number, names: readonly string[]): void {
  const named = names.find((name) => parameters.has(name))
  if (count > 1 && named !== undefined)
    throw invalidCombination(`The parameter ${named} may not be used when launching multiple instances`)
}

function checkPlugs(plugs: readonly Plug[]): void {
  const indices = new Set(plugs.map(({ deviceIndex }) => deviceIndex))
  if (!indices.has(0)) throw invalidParameter('A network interface with a device index of 0 is required.')
  if (indices.size < plugs.length)
    throw invalidParameter('Each network interface requires a unique device index.')
  const networks = new Set(plugs.map(({ source }) => placeOf(source).vpcId))
  if (networks.size > 1) throw invalidParameter('The network interfaces belong to different networks')
}

const placeOf = (source: InterfaceWish | NetworkInterface): { vpcId: string; availabilityZone: string } =>
  'subnet' in source ? source.subnet : source

/** An instance stands where its subnets are; they must agree, with each other and with what was asked for. */
function zoneOf(plugs: readonly (readonly Plug[])[], parameters: Parameters): string {
  const [zone, ...others] = new Set(plugs.flat().map(({ source }) => placeOf(source).availabilityZone))
  if (zone === undefined) throw missingParameter('SubnetId')
  if (others.length > 0)
    throw invalidParameter('The network interfaces are not in the same availability zone')
  const asked = parameters.text('Placement.AvailabilityZone') ?? zone
  if (asked !== zone)
    throw invalidParameter(
      `The availability zone '${asked}' does not match the subnet's availability zone '${zone}'`,
    )
  return zone
}

/** Returns the interface if it was made for the instance. */
function plugIn(plug: Plug, instanceId: string, { state, now }: Context): NetworkInterface | undefined {
  const attachment: Attachment = {
    attachmentId: state.newId('eni-attach'),
    instanceId,
    deviceIndex: plug.deviceIndex,
    deleteOnTermination: plug.deleteOnTermination,
    attachTime: now,
  }
  if ('subnet' in plug.source) return addInterface(state, plug.source, attachment)
  state.networkInterfaces.set(plug.source.networkInterfaceId, { ...plug.source, attachment })
  return undefined
}
