import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { ProviderError } from '../../errors.ts'
import { type Ec2, call } from '../call.ts'
import type { Ec2Action, Ec2Api } from '../ec2-api.ts'
import type { RouteTable } from '../route-table.ts'
import type { ExaminedInterface } from './picture.ts'
import type { Trial, TrialAnswer } from './trial.ts'

export interface TrialSite {
  readonly ec2: Ec2
  /** The cluster's. */
  readonly tables: readonly RouteTable[]
  /** Of the Nodes. */
  readonly interfaces: readonly ExaminedInterface[]
  /** Whether it is AWS that answers, who keeps the promise that a dry run is none. */
  readonly isAws: boolean
  /** One call that may be made twice. */
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T>
}

/** For documents (RFC 5737): nobody's pods, nobody's machines. */
const documentation = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map(parseCidr)

/** Well-formed, and nobody's. */
const noInterface = 'eni-00000000000000000'

/**
 * Tries the controller's writes as dry runs. "If you have the required permissions, the error response is
 * DryRunOperation. Otherwise, it is UnauthorizedOperation" (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html).
 *
 * An emulator may carry them out instead (LocalStack does), and nothing may happen then either. So a reading is tried
 * first, which does no harm: an API that answers it does not know dry runs, and is asked no more. And the writes are such
 * that come to nothing when they are done: routes to a range for documents that the table does not have, to an interface
 * that does not exist; the check turned off where it is off.
 */
export async function tryWrites(site: TrialSite, signal: AbortSignal): Promise<readonly Trial[]> {
  const { tables } = site
  const [first] = tables
  const tableWrites = ['CreateRoute', 'ReplaceRoute', 'DeleteRoute'] as const
  const all = [...tableWrites, 'ModifyNetworkInterfaceAttribute'] as const
  if (first === undefined) return all.map((action) => untold(action, 'there is no route table to try it on'))
  if (!(await knowsDryRuns(site, first, signal)))
    return all.map((action) =>
      untold(action, 'this API carries dry runs out, as emulators do, and so tells nothing of permissions'),
    )
  const lanes = tableWrites.map(async (action) => {
    const trials: Trial[] = []
    for (const table of tables) trials.push(await tryRoute(site, action, table, signal))
    return trials
  })
  const trials = await Promise.all([...lanes, tryCheck(site, signal).then((trial) => [trial])])
  return trials.flat()
}

async function knowsDryRuns(
  { ec2, attempt }: TrialSite,
  { id }: RouteTable,
  signal: AbortSignal,
): Promise<boolean> {
  const input = { Filters: [{ Name: 'route-table-id', Values: [id] }], DryRun: true }
  const answer = await judge(
    () =>
      attempt(() =>
        call(ec2, 'DescribeRouteTables', signal, (api, options) => api.describeRouteTables(input, options)),
      ),
    new Set(),
  )
  return answer.result !== 'untold'
}

type RouteWrite = 'CreateRoute' | 'ReplaceRoute' | 'DeleteRoute'

/** How each ends where it is allowed and EC2 looks at what it is to do all the same. */
const nothingThere: Readonly<Record<RouteWrite, ReadonlySet<string>>> = {
  CreateRoute: new Set(['InvalidNetworkInterfaceID.NotFound', 'InvalidNetworkInterface.NotFound']),
  ReplaceRoute: new Set([
    'InvalidNetworkInterfaceID.NotFound',
    'InvalidNetworkInterface.NotFound',
    'InvalidParameterValue',
    'InvalidRoute.NotFound',
  ]),
  DeleteRoute: new Set(['InvalidRoute.NotFound']),
}

async function tryRoute(
  { ec2, attempt }: TrialSite,
  action: RouteWrite,
  table: RouteTable,
  signal: AbortSignal,
): Promise<Trial> {
  const taken = new Set(table.routes.map(({ destination }) => formatCidr(destination)))
  const free = documentation.map(formatCidr).find((range) => !taken.has(range))
  if (free === undefined)
    return untold(action, 'the table has routes to all ranges that are for documents', table.id)
  const key = { RouteTableId: table.id, DestinationCidrBlock: free, DryRun: true }
  const toNobody = { ...key, NetworkInterfaceId: noInterface }
  const send = (api: Ec2Api, options: { readonly abortSignal: AbortSignal }): Promise<unknown> => {
    switch (action) {
      case 'CreateRoute':
        return api.createRoute(toNobody, options)
      case 'ReplaceRoute':
        return api.replaceRoute(toNobody, options)
      case 'DeleteRoute':
        return api.deleteRoute(key, options)
    }
  }
  const answer = await judge(() => attempt(() => call(ec2, action, signal, send)), nothingThere[action])
  return { action, resource: table.id, answer }
}

/** By an interface that really is a Node's: the permission may be limited to those of the VPC. */
async function tryCheck({ ec2, attempt, interfaces, isAws }: TrialSite, signal: AbortSignal): Promise<Trial> {
  const action = 'ModifyNetworkInterfaceAttribute'
  const off = interfaces.find(({ sourceDestCheck }) => sourceDestCheck === false)
  const chosen = off ?? (isAws ? interfaces[0] : undefined)
  if (chosen === undefined) {
    return untold(
      action,
      interfaces.length === 0
        ? 'no network interface of a Node is known to try it on'
        : 'the source/destination check is on at every Node, and who knows whether this API, which is not AWS’s own, would leave it on',
    )
  }
  const input = { NetworkInterfaceId: chosen.id, SourceDestCheck: { Value: false }, DryRun: true }
  const answer = await judge(
    () =>
      attempt(() =>
        call(ec2, action, signal, (api, options) => api.modifyNetworkInterfaceAttribute(input, options)),
      ),
    new Set(),
  )
  return { action, resource: chosen.id, answer }
}

async function judge(send: () => Promise<unknown>, isNothing: ReadonlySet<string>): Promise<TrialAnswer> {
  try {
    await send()
    return { result: 'untold', why: 'the API carried the dry run out' }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (error.code === 'DryRunOperation' || isNothing.has(error.code)) return { result: 'allowed' }
    if (error.class === 'unauthorized') return { result: 'denied', error }
    return { result: 'untold', why: error.message }
  }
}

const untold = (action: Ec2Action, why: string, resource?: string): Trial => ({
  action,
  resource,
  answer: { result: 'untold', why },
})
