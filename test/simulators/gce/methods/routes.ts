import { type Address, AddressSyntaxError, parseAddress } from '../../../../net/address.ts'
import { type Cidr, cidrAround, formatCidr, parseInterfaceAddress } from '../../../../net/cidr.ts'
import { GceError, alreadyExists, invalidField, notFound, requiredField } from '../errors.ts'
import { refuseUnknown, readText, readTexts } from '../fields.ts'
import { listOf } from '../list.ts'
import type { Context, Method, Request } from '../method.ts'
import { begin, knownOperation, operationView } from '../operations.ts'
import { LIST_PARAMETERS } from '../paging.ts'
import { GATEWAY, INSTANCE, NETWORK, checkName, readReference, readRequestId, urlOf } from '../references.ts'
import { type Network, type NextHop, type Route, projectOf } from '../state.ts'
import { hiddenRange, quotaError } from '../static-routes.ts'
import { type RouteView, impliedRoutes, routeView } from '../views/route.ts'

const FIELDS = [
  'kind',
  'name',
  'description',
  'network',
  'tags',
  'destRange',
  'priority',
  'nextHopInstance',
  'nextHopIp',
  'nextHopGateway',
] as const

const NEXT_HOPS = ['nextHopInstance', 'nextHopIp', 'nextHopGateway'] as const

const DEFAULT_PRIORITY = 1000

function insert(request: Request, context: Context): object {
  const { body } = request
  const project = request.path('project')
  refuseUnknown(body, FIELDS)
  const requestId = readRequestId(request.parameters)
  const known = knownOperation(requestId, context)
  if (known !== undefined) return operationView(known)
  const name = readText(body, 'name')
  if (name === undefined || name === '') throw requiredField('resource.name')
  checkName('resource.name', name)
  const path = `projects/${project}/global/routes/${name}`
  const network = readNetwork(request, context)
  if (context.state.routes.has(path) || context.state.busy.get(path) === 'insert') throw alreadyExists(path)
  const destination = readDestination(body)
  const hidden = hiddenRange(context.state, network, destination)
  if (hidden !== undefined) throw invalidField('resource.destRange', formatCidr(destination), hidden)
  const route: Route = {
    path,
    id: context.state.newId(),
    name,
    description: readDescription(body),
    network: network.path,
    destination,
    priority: readPriority(body),
    tags: readTags(body),
    nextHop: readNextHop(body, project, destination),
    created: context.now,
  }
  return begin(
    {
      type: 'insert',
      target: path,
      targetId: route.id,
      scope: `projects/${project}`,
      requestId,
      effect: () => {
        const full = quotaError(context.state, network)
        if (full === undefined) context.state.routes.set(path, route)
        return full
      },
    },
    context,
  )
}

function readNetwork({ body, path }: Request, { state }: Context): Network {
  const text = readText(body, 'network')
  if (text === undefined || text === '') throw requiredField('resource.network')
  const reference = readReference('resource.network', text, path('project'), NETWORK)
  if (projectOf(reference) !== path('project'))
    throw invalidField(
      'resource.network',
      text,
      'Cross project referencing is not allowed for this resource.',
    )
  const network = state.networks.get(reference)
  if (network === undefined) throw notFound(reference)
  return network
}

/** Bits behind the prefix are an error here, unlike at other clouds. */
function readDestination(body: Request['body']): Cidr {
  const text = readText(body, 'destRange')
  if (text === undefined || text === '') throw requiredField('resource.destRange')
  const field = 'resource.destRange'
  try {
    const { address, prefixLength } = parseInterfaceAddress(text)
    const cidr = cidrAround(address, prefixLength)
    if (cidr.network !== address.value)
      throw invalidField(
        field,
        text,
        `Must be a CIDR address range that does not contain host bits: ${formatCidr(cidr)}.`,
      )
    return cidr
  } catch (error) {
    if (error instanceof AddressSyntaxError) throw invalidField(field, text, 'Must be a CIDR address range.')
    throw error
  }
}

function readDescription(body: Request['body']): string {
  const description = readText(body, 'description') ?? ''
  if (description.length > 2048)
    throw invalidField('resource.description', description, 'Must be at most 2048 characters long.')
  return description
}

function readPriority({ priority = DEFAULT_PRIORITY }: Request['body']): number {
  if (typeof priority !== 'number' || !Number.isInteger(priority) || priority < 0 || priority > 65_535)
    throw invalidField('resource.priority', priority, 'Must be between 0 and 65535, inclusive.')
  return priority
}

function readTags(body: Request['body']): readonly string[] {
  const tags = readTexts(body, 'tags') ?? []
  for (const [index, tag] of tags.entries()) checkName(`resource.tags[${index}]`, tag)
  return tags
}

function readNextHop(body: Request['body'], project: string, destination: Cidr): NextHop {
  const given = NEXT_HOPS.filter((field) => body[field] !== undefined)
  const [field] = given
  if (field === undefined || given.length > 1)
    throw new GceError(400, 'invalid', 'Exactly one of the next hop fields must be specified.')
  const text = readText(body, field) ?? ''
  const at = `resource.${field}`
  switch (field) {
    case 'nextHopInstance': {
      const instance = readReference(at, text, project, INSTANCE)
      // https://docs.cloud.google.com/vpc/docs/static-routes: "is in the same project as the route"
      if (projectOf(instance) !== project)
        throw invalidField(at, text, 'Cross project referencing is not allowed for this resource.')
      return { kind: 'instance', instance }
    }
    case 'nextHopIp': {
      const address = readAddress(at, text)
      if (address.family !== destination.family)
        throw invalidField(at, text, 'The next hop and the destination must be of one IP version.')
      return { kind: 'ip', address }
    }
    case 'nextHopGateway':
      return { kind: 'gateway', gateway: readReference(at, text, project, GATEWAY) }
  }
}

function readAddress(field: string, text: string): Address {
  try {
    return parseAddress(text)
  } catch (error) {
    if (error instanceof AddressSyntaxError) throw invalidField(field, text, 'Must be an IP address.')
    throw error
  }
}

function remove(request: Request, context: Context): object {
  const { state } = context
  const project = request.path('project')
  const name = request.path('route')
  const requestId = readRequestId(request.parameters)
  const known = knownOperation(requestId, context)
  if (known !== undefined) return operationView(known)
  const path = `projects/${project}/global/routes/${name}`
  const route = state.routes.get(path)
  if (route === undefined) {
    if (impliedOf(context, project).some((one) => one.name === name))
      throw new GceError(400, 'invalid', 'The local route cannot be deleted.')
    throw notFound(path)
  }
  return begin(
    {
      type: 'delete',
      target: path,
      targetId: route.id,
      scope: `projects/${project}`,
      requestId,
      effect: () => {
        state.routes.delete(path)
        return undefined
      },
    },
    context,
  )
}

function get({ path }: Request, context: Context): object {
  const name = path('route')
  const found = routesOf(context, path('project')).find((route) => route.name === name)
  if (found === undefined) throw notFound(`projects/${path('project')}/global/routes/${name}`)
  return found
}

function list({ path, parameters }: Request, context: Context): object {
  const project = path('project')
  return listOf(
    'routeList',
    routesOf(context, project),
    parameters,
    urlOf(`projects/${project}/global/routes`),
  )
}

function routesOf(context: Context, project: string): readonly RouteView[] {
  const written = [...context.state.routes.values()].filter((route) => projectOf(route.path) === project)
  return [...written.map((route) => routeView(context.state, route)), ...impliedOf(context, project)]
}

const impliedOf = ({ state }: Context, project: string): readonly RouteView[] =>
  [...state.networks.values()]
    .filter((network) => projectOf(network.path) === project)
    .flatMap((network) => impliedRoutes(state, network))

const COLLECTION = 'projects/{project}/global/routes'

export const ROUTE_METHODS: readonly Method[] = [
  {
    name: 'routes.insert',
    httpMethod: 'POST',
    path: COLLECTION,
    query: ['requestId'],
    group: 'mutation',
    run: insert,
  },
  {
    name: 'routes.delete',
    httpMethod: 'DELETE',
    path: `${COLLECTION}/{route}`,
    query: ['requestId'],
    group: 'mutation',
    run: remove,
  },
  {
    name: 'routes.get',
    httpMethod: 'GET',
    path: `${COLLECTION}/{route}`,
    query: [],
    group: 'read',
    run: get,
  },
  {
    name: 'routes.list',
    httpMethod: 'GET',
    path: COLLECTION,
    query: LIST_PARAMETERS,
    group: 'list',
    run: list,
  },
]
