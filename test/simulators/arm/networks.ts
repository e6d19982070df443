import { type JsonObject, isObject, listAt, objectAt, textAt, textsAt } from '../kubernetes/json.ts'
import { begin, refuseBusy } from './async-operations.ts'
import { badRequest, notFound } from './errors.ts'
import { checkName, nameOf } from './names.ts'
import { type Answer, type Context, type Operation, page } from './operation.ts'
import { checkIfMatch } from './revisions.ts'
import { type ArmState, type Resource, etagOf } from './state.ts'

const networks =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks'
const subnets = `${networks}/{network}/subnets`

export const networkOperations: readonly Operation[] = [
  {
    name: 'VirtualNetworks_Get',
    method: 'GET',
    path: `${networks}/{network}`,
    action: 'Microsoft.Network/virtualNetworks/read',
    handle: (context) => ({ status: 200, body: showNetwork(context.state, resourceAt(context)) }),
  },
  {
    name: 'VirtualNetworks_List',
    method: 'GET',
    path: networks,
    action: 'Microsoft.Network/virtualNetworks/read',
    handle: (context) =>
      page(context, context.state.list(context.id), (one) => showNetwork(context.state, one)),
  },
  {
    name: 'VirtualNetworks_CreateOrUpdate',
    method: 'PUT',
    path: `${networks}/{network}`,
    action: 'Microsoft.Network/virtualNetworks/write',
    handle: (context) => {
      if (textsAt(context.body, 'properties', 'addressSpace', 'addressPrefixes').length === 0)
        throw badRequest('MissingAddressSpace', `Virtual network ${nameOf(context.id)} has no address space.`)
      return write(context, 'Microsoft.Network/virtualNetworks', 'PutVirtualNetworkOperation', showNetwork)
    },
  },
  {
    name: 'Subnets_Get',
    method: 'GET',
    path: `${subnets}/{subnet}`,
    action: 'Microsoft.Network/virtualNetworks/subnets/read',
    handle: (context) => ({ status: 200, body: showSubnet(context.state, resourceAt(context)) }),
  },
  {
    name: 'Subnets_List',
    method: 'GET',
    path: subnets,
    action: 'Microsoft.Network/virtualNetworks/subnets/read',
    handle: (context) =>
      page(context, context.state.list(context.id), (one) => showSubnet(context.state, one)),
  },
  {
    name: 'Subnets_CreateOrUpdate',
    method: 'PUT',
    path: `${subnets}/{subnet}`,
    action: 'Microsoft.Network/virtualNetworks/subnets/write',
    handle: (context) => {
      const { body, demand, id, state } = context
      if (state.get(id.split('/').slice(0, 9).join('/')) === undefined)
        throw notFound(id.split('/').slice(0, 9).join('/'))
      if (prefixesOf(body).length === 0)
        throw badRequest('MissingAddressPrefix', `Subnet ${nameOf(id)} has no address prefix.`)
      const table = textAt(body, 'properties', 'routeTable', 'id')
      if (table !== '') {
        if (state.get(table) === undefined)
          throw badRequest(
            'InvalidResourceReference',
            `Resource ${table} referenced by resource ${id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
          )
        demand('Microsoft.Network/routeTables/join/action', table)
      }
      return write(context, 'Microsoft.Network/virtualNetworks/subnets', 'PutSubnetOperation', showSubnet)
    },
  },
]

/** Of a subnet, by either of its names. */
export const prefixesOf = (subnet: JsonObject): readonly string[] => [
  ...textsAt(subnet, 'properties', 'addressPrefixes'),
  ...[textAt(subnet, 'properties', 'addressPrefix')].filter((text) => text !== ''),
]

function resourceAt({ id, state }: Context): Resource {
  const found = state.get(id)
  if (found === undefined) throw notFound(id)
  return found
}

const showSubnet = (_state: ArmState, subnet: Resource): JsonObject => ({
  ...subnet.doc,
  etag: etagOf(subnet),
})

const showNetwork = (state: ArmState, network: Resource): JsonObject => ({
  ...network.doc,
  etag: etagOf(network),
  properties: {
    ...objectAt(network.doc, 'properties'),
    subnets: state.list(`${network.id}/subnets`).map((subnet) => showSubnet(state, subnet)),
  },
})

function write(
  context: Context,
  type: string,
  kind: string,
  show: (state: ArmState, resource: Resource) => JsonObject,
): Answer {
  const { body, id, ifMatch, state } = context
  checkName(nameOf(id))
  refuseBusy(context, id)
  const before = state.get(id)
  checkIfMatch(ifMatch, id, before)
  const { subnets: inline, ...properties } = objectAt(body, 'properties')
  if (listAt({ inline: inline ?? [] }, 'inline').some(isObject))
    throw badRequest('SubnetsNotInline', 'This simulator takes subnets by their own operation only.')
  const doc = (provisioningState: string): JsonObject => ({
    ...body,
    name: nameOf(id),
    id: before?.id ?? id,
    type,
    properties: { ...properties, provisioningState },
  })
  const written = state.put(id, doc('Updating'))
  const headers = begin(context, {
    kind,
    resource: id,
    settle: ({ status }) => void state.put(id, doc(status === 'Succeeded' ? status : 'Failed')),
  })
  return { status: before === undefined ? 201 : 200, body: show(state, written), headers }
}
