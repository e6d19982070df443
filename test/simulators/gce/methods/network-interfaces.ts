import { AddressSyntaxError } from '../../../../net/address.ts'
import {
  type Cidr,
  cidrAround,
  containsCidr,
  formatCidr,
  nthSubnet,
  parseInterfaceAddress,
  subnetCount,
} from '../../../../net/cidr.ts'
import { GceError, type OperationError, invalidField, requiredField } from '../errors.ts'
import { readText, refuseUnknown } from '../fields.ts'
import type { Context, Method, Request } from '../method.ts'
import { begin, knownOperation, operationView } from '../operations.ts'
import { readRequestId } from '../references.ts'
import type { AliasRange, Instance, NetworkInterface, State, Subnetwork } from '../state.ts'
import { collide } from '../static-routes.ts'
import { interfaceFingerprint } from '../views/instance.ts'
import { findInstance } from './instances.ts'

/** Of one interface. Source: https://docs.cloud.google.com/vpc/docs/quota */
const MOST_ALIASES = 150

/**
 * Of a NIC's changes, the simulator knows those of its IPv4 alias ranges: what is sent is the whole list. A list that is not
 * sent is not changed ("follows PATCH semantics"; https://github.com/googleapis/python-compute/issues/446).
 */
function update(request: Request, context: Context): object {
  const { state } = context
  const instance = findInstance(request, context)
  const requestId = readRequestId(request.parameters)
  const known = knownOperation(requestId, context)
  if (known !== undefined) return operationView(known)
  const nicName = request.parameters.get('networkInterface')
  if (nicName === undefined) throw requiredField('networkInterface')
  const nic = instance.interfaces.find(({ name }) => name === nicName)
  if (nic === undefined)
    throw invalidField('networkInterface', nicName, `The instance has no network interface of that name.`)
  refuseUnknown(request.body, ['kind', 'aliasIpRanges', 'fingerprint'])
  const fingerprint = readText(request.body, 'fingerprint')
  if (fingerprint === undefined || fingerprint === '') throw requiredField('resource.fingerprint')
  if (fingerprint !== interfaceFingerprint(instance, nic))
    throw new GceError(412, 'conditionNotMet', 'Invalid fingerprint.')
  const subnetwork = state.subnetworks.get(nic.subnetwork)
  if (subnetwork === undefined) throw new Error(`there is no ${nic.subnetwork}`)
  const wishes =
    request.body.aliasIpRanges === undefined ? nic.aliases.map(wishOf) : readWishes(request.body, subnetwork)
  return begin(
    {
      type: 'updateNetworkInterface',
      target: instance.path,
      targetId: instance.id,
      scope: `projects/${request.path('project')}/zones/${request.path('zone')}`,
      requestId,
      effect: () => assign(state, instance.path, nicName, subnetwork, wishes),
    },
    context,
  )
}

/** A range, or only how long its prefix is to be. */
interface Wish {
  readonly rangeName: string | undefined
  readonly within: Cidr
  readonly wanted: Cidr | number
}

const wishOf = ({ range, rangeName }: AliasRange): Wish => ({ rangeName, within: range, wanted: range })

function readWishes(body: Request['body'], subnetwork: Subnetwork): readonly Wish[] {
  const { aliasIpRanges } = body
  if (!Array.isArray(aliasIpRanges))
    throw invalidField('resource.aliasIpRanges', aliasIpRanges, 'Must be a list.')
  if (aliasIpRanges.length > MOST_ALIASES)
    throw invalidField(
      'resource.aliasIpRanges',
      aliasIpRanges.length,
      `There may be at most ${MOST_ALIASES}.`,
    )
  return aliasIpRanges.map((one: unknown, index) => {
    const at = `resource.aliasIpRanges[${index}]`
    if (typeof one !== 'object' || one === null) throw invalidField(at, one, 'Must be an object.')
    const range = one as Request['body']
    refuseUnknown(range, ['ipCidrRange', 'subnetworkRangeName'], at)
    const rangeName = readText(range, 'subnetworkRangeName', at)
    const secondary = subnetwork.secondaryRanges.find(({ name }) => name === rangeName)
    if (rangeName !== undefined && secondary === undefined)
      throw invalidField(
        `${at}.subnetworkRangeName`,
        rangeName,
        'The subnetwork has no secondary range of that name.',
      )
    const within = secondary?.range ?? subnetwork.range
    const text = readText(range, 'ipCidrRange', at) ?? ''
    return { rangeName, within, wanted: readWish(`${at}.ipCidrRange`, text, within) }
  })
}

function readWish(field: string, text: string, within: Cidr): Cidr | number {
  const length = /^\/(\d{1,2})$/.exec(text)?.[1]
  if (length !== undefined) return Number(length)
  try {
    const { address, prefixLength } = parseInterfaceAddress(text.includes('/') ? text : `${text}/32`)
    const cidr = cidrAround(address, prefixLength)
    if (cidr.network === address.value && containsCidr(within, cidr)) return cidr
  } catch (error) {
    if (!(error instanceof AddressSyntaxError)) throw error
    throw invalidField(field, text, 'Must be a CIDR address range.')
  }
  throw invalidField(field, text, `The IP range must lie within ${formatCidr(within)}.`)
}

/** In one step: whoever looks sees all of the old ones or all of the new ones. */
function assign(
  state: State,
  path: string,
  nicName: string,
  subnetwork: Subnetwork,
  wishes: readonly Wish[],
): OperationError | undefined {
  const instance = state.instances.get(path)
  if (instance === undefined)
    return {
      code: 'RESOURCE_NOT_FOUND',
      message: `The resource '${path}' was not found`,
      httpStatus: 404,
      httpMessage: 'NOT FOUND',
    }
  const taken = takenBeside(state, instance, nicName, subnetwork)
  const aliases: AliasRange[] = []
  for (const { rangeName, within, wanted } of wishes) {
    const used = [...taken, ...aliases.map(({ range }) => range)]
    const range = typeof wanted === 'number' ? firstFree(within, wanted, used) : wanted
    const clash = range === undefined || used.some((one) => collide(one, range))
    if (clash) return inUse(range ?? within)
    aliases.push({ range, ...(rangeName === undefined ? {} : { rangeName }) })
  }
  const change = (nic: NetworkInterface): NetworkInterface =>
    nic.name === nicName ? { ...nic, aliases, version: nic.version + 1 } : nic
  state.instances.set(path, { ...instance, interfaces: instance.interfaces.map(change) })
  return undefined
}

/** What others have of the subnetwork's ranges, and the interface itself by its primary address. */
const takenBeside = (state: State, own: Instance, nicName: string, subnetwork: Subnetwork): readonly Cidr[] =>
  [...state.instances.values()].flatMap((instance) =>
    instance.interfaces
      .filter((nic) => nic.subnetwork === subnetwork.path)
      .flatMap((nic) => [
        cidrAround(nic.address, 32),
        ...(instance.path === own.path && nic.name === nicName ? [] : nic.aliases.map(({ range }) => range)),
      ]),
  )

function firstFree(within: Cidr, prefixLength: number, used: readonly Cidr[]): Cidr | undefined {
  if (prefixLength < within.prefixLength || prefixLength > 32) return undefined
  const count = subnetCount(within, prefixLength)
  for (let index = 0n; index < count; index++) {
    const range = nthSubnet(within, prefixLength, index)
    if (!used.some((one) => collide(one, range))) return range
  }
  return undefined
}

const inUse = (range: Cidr): OperationError => ({
  code: 'IP_IN_USE_BY_ANOTHER_RESOURCE',
  message: `IP '${formatCidr(range)}' is already being used by another resource.`,
  httpStatus: 400,
  httpMessage: 'BAD REQUEST',
})

export const NETWORK_INTERFACE_METHODS: readonly Method[] = [
  {
    name: 'instances.updateNetworkInterface',
    httpMethod: 'PATCH',
    path: 'projects/{project}/zones/{zone}/instances/{instance}/updateNetworkInterface',
    query: ['networkInterface', 'requestId'],
    group: 'mutation',
    run: update,
  },
]
