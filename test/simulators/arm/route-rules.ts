import { AddressSyntaxError, parseAddress } from '../../../net/address.ts'
import { cidrAround, formatCidr, parseInterfaceAddress } from '../../../net/cidr.ts'
import { type Json, type JsonObject, isObject, objectAt, textAt } from '../kubernetes/json.ts'
import { badRequest, unreadable } from './errors.ts'
import { checkName } from './names.ts'

const nextHopTypes: ReadonlySet<string> = new Set([
  'VirtualNetworkGateway',
  'VnetLocal',
  'Internet',
  'VirtualAppliance',
  'VirtualApplianceEcmp',
  'None',
])

/**
 * What the network resource provider asks of a table's routes, all of them together.
 * @throws ArmError
 */
export function checkRoutes(table: string, routes: readonly Json[], limit: number): readonly JsonObject[] {
  const objects = routes.filter((route) => isObject(route))
  if (objects.length < routes.length) throw unreadable('InvalidJson', 'A route is no object.')
  const names = new Set<string>()
  const prefixes = new Map<string, string>()
  for (const route of objects) {
    const name = textAt(route, 'name')
    if (name === '') throw unreadable('MissingRequiredProperty', `A route of ${table} has no name.`)
    checkName(name)
    if (names.has(name.toLowerCase()))
      throw unreadable(
        'DuplicateResourceName',
        `Resource ${table} has two child resources with the same name (${name}).`,
      )
    names.add(name.toLowerCase())
    const prefix = checkRoute(`${table}/routes/${name}`, objectAt(route, 'properties'))
    const other = prefixes.get(prefix)
    // The words of https://github.com/kubernetes-sigs/cloud-provider-azure/issues/657
    if (other !== undefined)
      throw badRequest(
        'RouteConflict',
        `Route: ${name} conflicts with Route: ${other}. Routes cannot have the same AddressPrefix.`,
        [],
      )
    prefixes.set(prefix, name)
  }
  if (objects.length > limit)
    throw badRequest(
      'RouteCountLimitReached',
      `Cannot create more than ${limit} routes for route table ${table}.`,
    )
  return objects
}

/** Returns the range in canonical text, or the service tag. */
function checkRoute(id: string, properties: JsonObject): string {
  const type = textAt(properties, 'nextHopType')
  if (!nextHopTypes.has(type))
    throw unreadable('InvalidJson', `Error converting value "${type}" to type 'RouteNextHopType' of ${id}.`)
  const prefix = textAt(properties, 'addressPrefix')
  const hop = textAt(properties, 'nextHopIpAddress')
  if (type === 'VirtualAppliance') {
    if (hop === '')
      throw badRequest('RouteNextHopIpAddressRequired', `Route ${id} needs a next hop IP address.`)
  } else if (hop !== '') {
    throw badRequest(
      'RouteNextHopIpAddressNotAllowed',
      `Route ${id} of next hop type ${type} cannot have a next hop IP address.`,
    )
  }
  if (!prefix.includes('/')) {
    if (/^[A-Za-z][\w.]*$/.test(prefix)) return prefix
    throw malformed(id, prefix)
  }
  const family = rangeOf(id, prefix)
  if (hop !== '' && addressFamily(id, hop) !== family)
    throw badRequest(
      'RouteNextHopIpAddressFamilyMismatch',
      `The next hop ${hop} of route ${id} is of another address family than ${prefix}.`,
    )
  return prefix.toLowerCase()
}

function rangeOf(id: string, prefix: string): 4 | 6 {
  try {
    const { address, prefixLength } = parseInterfaceAddress(prefix)
    const range = cidrAround(address, prefixLength)
    if (range.network !== address.value)
      throw badRequest(
        'InvalidCIDRNotation',
        `The address prefix ${prefix} in resource ${id} has an invalid CIDR notation. For the given prefix length, the address prefix should be ${formatCidr(range)}.`,
      )
    return range.family
  } catch (error) {
    if (error instanceof AddressSyntaxError) throw malformed(id, prefix)
    throw error
  }
}

function addressFamily(id: string, text: string): 4 | 6 {
  try {
    return parseAddress(text).family
  } catch (error) {
    if (!(error instanceof AddressSyntaxError)) throw error
    throw badRequest('InvalidIPAddress', `The next hop ${text} of route ${id} is no IP address.`)
  }
}

const malformed = (id: string, prefix: string): Error =>
  badRequest(
    'InvalidAddressPrefixFormat',
    `Address prefix ${prefix} of resource ${id} is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.`,
  )
