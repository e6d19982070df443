import { formatAddress } from '../../../net/address.ts'
import { cidrSize, parseCidr } from '../../../net/cidr.ts'
import {
  type Json,
  type JsonObject,
  isObject,
  listAt,
  objectAt,
  textAt,
  valueAt,
} from '../kubernetes/json.ts'
import { begin, refuseBusy } from './async-operations.ts'
import { badRequest, notFound, unreadable } from './errors.ts'
import { checkName, nameOf, sameId } from './names.ts'
import { prefixesOf } from './networks.ts'
import { type Answer, type Context, type Operation, page } from './operation.ts'
import { checkIfMatch } from './revisions.ts'
import { type ArmState, type Resource, etagOf, guid } from './state.ts'

const group =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkInterfaces'
const read = 'Microsoft.Network/networkInterfaces/read'
const write = 'Microsoft.Network/networkInterfaces/write'
export const interfaceType = 'Microsoft.Network/networkInterfaces'

export const interfaceOperations: readonly Operation[] = [
  {
    name: 'NetworkInterfaces_Get',
    method: 'GET',
    path: `${group}/{interface}`,
    action: read,
    handle: (context) => {
      const found = interfaceAt(context)
      return { status: 200, body: showInterface(found), headers: { etag: etagOf(found) } }
    },
  },
  {
    name: 'NetworkInterfaces_List',
    method: 'GET',
    path: group,
    action: read,
    handle: (context) => page(context, context.state.list(context.id), showInterface),
  },
  {
    name: 'NetworkInterfaces_CreateOrUpdate',
    method: 'PUT',
    path: `${group}/{interface}`,
    action: write,
    handle: put,
  },
  {
    name: 'NetworkInterfaces_UpdateTags',
    method: 'PATCH',
    path: `${group}/{interface}`,
    action: write,
    handle: (context) => {
      const { doc } = interfaceAt(context)
      const changed = context.state.put(context.id, { ...doc, tags: objectAt(context.body, 'tags') })
      return { status: 200, body: showInterface(changed) }
    },
  },
  {
    name: 'NetworkInterfaces_Delete',
    method: 'DELETE',
    path: `${group}/{interface}`,
    action: 'Microsoft.Network/networkInterfaces/delete',
    handle: ({ id, state }) => {
      const found = state.get(id)
      if (found === undefined) return { status: 204 }
      const machine = textAt(found.doc, 'properties', 'virtualMachine', 'id')
      if (machine !== '')
        throw badRequest(
          'NicInUse',
          `Network Interface ${id} is used by existing resource ${machine}. In order to delete the network interface, it must be dissociated from the resource.`,
        )
      state.delete(id)
      return { status: 200 }
    },
  },
]

/** @throws ArmError */
export function interfaceAt({ id, state }: Pick<Context, 'id' | 'state'>): Resource {
  const found = state.get(id)
  if (found === undefined) throw notFound(id)
  return found
}

export function showInterface(resource: Resource): JsonObject {
  const etag = etagOf(resource)
  const properties = objectAt(resource.doc, 'properties')
  const ipConfigurations = listAt(properties, 'ipConfigurations').map((one) =>
    isObject(one) ? { ...one, etag } : one,
  )
  return { ...resource.doc, etag, properties: { ...properties, ipConfigurations } }
}

/** What a client says and the service owns. */
const serversOwn = ['virtualMachine', 'macAddress', 'primary', 'resourceGuid']

function put(context: Context): Answer {
  const { body, demand, id, ifMatch, state } = context
  checkName(nameOf(id))
  refuseBusy(context, id)
  const before = state.get(id)
  checkIfMatch(ifMatch, id, before)
  if (textAt(body, 'location') === '')
    throw badRequest('LocationRequired', 'The location property is required for this definition.')
  const properties = objectAt(body, 'properties')
  const forwarding = valueAt(properties, 'enableIPForwarding')
  if (forwarding !== undefined && typeof forwarding !== 'boolean')
    throw unreadable('InvalidJson', 'enableIPForwarding is no boolean.')
  demandJoins(properties, demand)
  const kept = Object.fromEntries(
    serversOwn.flatMap((name) => {
      const value = valueAt(before?.doc, 'properties', name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const ipConfigurations = configurationsOf(state, id, properties, before)
  const doc = (provisioningState: string): JsonObject => ({
    ...body,
    name: nameOf(id),
    id: before?.id ?? id,
    type: interfaceType,
    properties: {
      resourceGuid: guid(state.nextSerial()),
      enableIPForwarding: false,
      ...properties,
      ...kept,
      ipConfigurations,
      provisioningState,
    },
  })
  const written = state.put(id, doc('Updating'))
  const headers = begin(context, {
    kind: 'PutNicOperation',
    resource: id,
    settle: ({ status }) => void state.put(id, doc(status === 'Succeeded' ? status : 'Failed')),
  })
  return { status: before === undefined ? 201 : 200, body: showInterface(written), headers }
}

/** What an interface belongs to has to be allowed to be joined, again with every write: by its name in the document. */
const joined: Readonly<Record<string, string>> = {
  subnet: 'virtualNetworks/subnets/join/action',
  publicIPAddress: 'publicIPAddresses/join/action',
  loadBalancerBackendAddressPools: 'loadBalancers/backendAddressPools/join/action',
  loadBalancerInboundNatRules: 'loadBalancers/inboundNatRules/join/action',
  applicationSecurityGroups: 'applicationSecurityGroups/joinIpConfiguration/action',
}

export const joinActions: readonly string[] = [
  ...Object.values(joined).map((action) => `Microsoft.Network/${action}`),
  'Microsoft.Network/networkSecurityGroups/join/action',
]

export function demandJoins(properties: JsonObject, demand: Context['demand']): void {
  for (const config of listAt(properties, 'ipConfigurations'))
    for (const [name, action] of Object.entries(joined)) {
      const one = textAt(config, 'properties', name, 'id')
      const several = listAt(config, 'properties', name).map((each) => textAt(each, 'id'))
      for (const id of [one, ...several]) if (id !== '') demand(`Microsoft.Network/${action}`, id)
    }
  const security = textAt(properties, 'networkSecurityGroup', 'id')
  if (security !== '') demand('Microsoft.Network/networkSecurityGroups/join/action', security)
}

/** Each gets an address of its subnet, the one that it had if it had one. */
export function configurationsOf(
  state: ArmState,
  id: string,
  properties: JsonObject,
  before: Resource | undefined,
): readonly JsonObject[] {
  const configs = listAt(properties, 'ipConfigurations').filter((one) => isObject(one))
  if (configs.length === 0)
    throw badRequest('NicMustHaveIpConfiguration', `Network interface ${id} has no IP configuration.`)
  const taken = new Set(state.all().flatMap((one) => (sameId(one.id, id) ? [] : addressesOf(one.doc))))
  return configs.map((config, index) => {
    const name = textAt(config, 'name')
    const wanted = objectAt(config, 'properties')
    const version = textAt(wanted, 'privateIPAddressVersion') || 'IPv4'
    const known = listAt(before?.doc, 'properties', 'ipConfigurations').find(
      (one) => textAt(one, 'name') === name,
    )
    const address =
      textAt(wanted, 'privateIPAddress') ||
      textAt(known, 'properties', 'privateIPAddress') ||
      freeAddress(state, textAt(wanted, 'subnet', 'id'), version === 'IPv6' ? 6 : 4, taken)
    taken.add(address)
    return {
      ...config,
      name,
      id: `${before?.id ?? id}/ipConfigurations/${name}`,
      type: `${interfaceType}/ipConfigurations`,
      properties: {
        primary: index === 0,
        privateIPAllocationMethod: 'Dynamic',
        privateIPAddressVersion: version,
        ...wanted,
        privateIPAddress: address,
        provisioningState: 'Succeeded',
      },
    }
  })
}

export const addressesOf = (doc: Json): readonly string[] =>
  listAt(doc, 'properties', 'ipConfigurations').map((one) => textAt(one, 'properties', 'privateIPAddress'))

function freeAddress(state: ArmState, subnetId: string, family: 4 | 6, taken: ReadonlySet<string>): string {
  const subnet = state.get(subnetId)
  if (subnet === undefined)
    throw badRequest(
      'InvalidResourceReference',
      `Resource ${subnetId} referenced by a network interface was not found.`,
    )
  const range = prefixesOf(subnet.doc)
    .map(parseCidr)
    .find((one) => one.family === family)
  if (range === undefined)
    throw badRequest('SubnetWithoutFamily', `Subnet ${subnetId} has no IPv${family} prefix.`)
  // The first four and the last one are Azure's own.
  for (let value = range.network + 4n; value < range.network + cidrSize(range) - 1n; value++) {
    const text = formatAddress({ family, value })
    if (!taken.has(text)) return text
  }
  throw badRequest('SubnetIsFull', `Subnet ${subnetId} does not have enough capacity for 1 IP addresses.`)
}
