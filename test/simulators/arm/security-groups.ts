import { type JsonObject, isObject, listAt, objectAt, textAt, valueAt } from '../kubernetes/json.ts'
import { badRequest, notFound } from './errors.ts'
import { checkName, nameOf } from './names.ts'
import type { Context, Operation } from './operation.ts'
import { checkIfMatch } from './revisions.ts'
import { type Resource, etagOf } from './state.ts'

const group =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/{name}'

/** Network security groups: what they say, not what they do. */
export const securityGroupOperations: readonly Operation[] = [
  {
    name: 'NetworkSecurityGroups_Get',
    method: 'GET',
    path: group,
    action: 'Microsoft.Network/networkSecurityGroups/read',
    handle: ({ id, state }) => {
      const found = state.get(id)
      if (found === undefined) throw notFound(id)
      return { status: 200, body: show(found) }
    },
  },
  {
    name: 'NetworkSecurityGroups_CreateOrUpdate',
    method: 'PUT',
    path: group,
    action: 'Microsoft.Network/networkSecurityGroups/write',
    handle: (context) => {
      const { body, id, ifMatch, state } = context
      checkName(nameOf(id))
      const before = state.get(id)
      checkIfMatch(ifMatch, id, before)
      const properties = objectAt(body, 'properties')
      const written = state.put(id, {
        ...body,
        id: before?.id ?? id,
        name: nameOf(id),
        type: 'Microsoft.Network/networkSecurityGroups',
        properties: { ...properties, securityRules: rulesOf(context), provisioningState: 'Succeeded' },
      })
      return { status: before === undefined ? 201 : 200, body: show(written) }
    },
  },
]

const show = (resource: Resource): JsonObject => ({
  ...resource.doc,
  etag: etagOf(resource),
  properties: { ...objectAt(resource.doc, 'properties'), defaultSecurityRules },
})

function rulesOf({ body, id }: Context): readonly JsonObject[] {
  const taken = new Set<string>()
  return listAt(body, 'properties', 'securityRules')
    .filter((rule) => isObject(rule))
    .map((rule) => {
      const name = textAt(rule, 'name')
      checkName(name)
      const priority = Number(valueAt(rule, 'properties', 'priority'))
      if (!(priority >= 100 && priority <= 4096))
        throw badRequest('SecurityRuleInvalidPriority', `Security rule ${name} has an invalid priority.`)
      const place = `${textAt(rule, 'properties', 'direction')} ${priority}`
      if (taken.has(place))
        throw badRequest('SecurityRuleConflict', `Security rule ${name} has the priority of another one.`)
      taken.add(place)
      return {
        ...rule,
        id: `${id}/securityRules/${name}`,
        properties: { ...objectAt(rule, 'properties'), provisioningState: 'Succeeded' },
      }
    })
}

const ruleOf = (
  name: string,
  priority: number,
  direction: string,
  access: string,
  [sourceAddressPrefix, destinationAddressPrefix]: readonly [string, string],
): JsonObject => ({
  name,
  properties: {
    priority,
    direction,
    access,
    protocol: '*',
    sourceAddressPrefix,
    destinationAddressPrefix,
    sourcePortRange: '*',
    destinationPortRange: '*',
    provisioningState: 'Succeeded',
  },
})

/** Source: https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview */
const defaultSecurityRules: readonly JsonObject[] = [
  ruleOf('AllowVnetInBound', 65000, 'Inbound', 'Allow', ['VirtualNetwork', 'VirtualNetwork']),
  ruleOf('AllowAzureLoadBalancerInBound', 65001, 'Inbound', 'Allow', ['AzureLoadBalancer', '*']),
  ruleOf('DenyAllInBound', 65500, 'Inbound', 'Deny', ['*', '*']),
  ruleOf('AllowVnetOutBound', 65000, 'Outbound', 'Allow', ['VirtualNetwork', 'VirtualNetwork']),
  ruleOf('AllowInternetOutBound', 65001, 'Outbound', 'Allow', ['*', 'Internet']),
  ruleOf('DenyAllOutBound', 65500, 'Outbound', 'Deny', ['*', '*']),
]
