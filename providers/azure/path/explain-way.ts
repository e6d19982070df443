import type { TargetProblem } from '../../provider.ts'
import { ProviderError } from '../../errors.ts'
import type { ExaminationTools, ExaminedNode } from '../../examined.ts'
import { type Finding, capital } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import type { CloudPacket, ExplainWay } from '../../path.ts'
import { networkPath } from '../arm-api.ts'
import { type Arm, read } from '../call.ts'
import { isCredentialProblem } from '../doctor/credential-problem.ts'
import { readNetworks } from '../doctor/networks.ts'
import { effectiveRoutes } from '../effective.ts'
import { NodeInterfaces } from '../node-interfaces.ts'
import { type PollClock, defaultPolling } from '../poller.ts'
import { machineOf, networkOf } from '../resource-ids.ts'
import { isRunning } from '../running.ts'
import { findInterfaces } from '../targets.ts'
import type { WireTable } from '../wire.ts'
import { judgeAzureWay } from './judge-way.ts'
import { type AzureWay, type WayInterface, wayInterface } from './way.ts'

export interface AzureWayOptions extends Pick<ExaminationTools, 'attempt'> {
  readonly arm: Arm
  readonly clock: PollClock
  /** Ids of the resource groups in which the machines of Nodes without provider ID are looked for by address. */
  readonly nodeGroups: readonly string[]
  /** The id of the nodes' network, if it is told. */
  readonly network: string | undefined
}

/** Azure takes some seconds to say what is in force; a person waits no longer than this. */
const longestMs = 30_000

/**
 * Explains a packet's way through a virtual network by what Azure says of the two Nodes' interfaces, of the sender's subnet
 * and its table, and of the routes that are in force, where that may be asked.
 */
export const explainAzureWay =
  (options: AzureWayOptions): ExplainWay =>
  async (packet, signal) => {
    try {
      return await explain(packet, options, signal)
    } catch (error) {
      // Who is nobody to Azure has to be told so: no role helps.
      if (!(error instanceof ProviderError) || error.class !== 'unauthorized' || isCredentialProblem(error))
        throw error
      const object = { kind: 'permission', name: error.action ?? error.code }
      return [foundOnWay('CloudNotRead', { object, message: `${capital(error.message)}.` })]
    }
  }

async function explain(
  packet: CloudPacket,
  options: AzureWayOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { destination, from, mac, source, to } = packet
  const { arm, attempt, network, nodeGroups } = options
  const interfaces = new NodeInterfaces({ arm, groups: nodeGroups, network: network?.toLowerCase() })
  const nodes = [from, ...(to === undefined ? [] : [to])]
  const found = await attempt(() => findInterfaces(interfaces, nodes, signal))
  const placed = ({ name }: ExaminedNode): readonly WayInterface[] | TargetProblem => {
    const its = found.get(name) ?? { problem: 'waiting', message: 'no machine is known' }
    return 'problem' in its ? its : its.map(wayInterface)
  }
  const [own, others] = [placed(from), to === undefined ? undefined : placed(to)]
  if ('problem' in own) return [unknownPlace(from, own)]
  const nic =
    own.find((one) => mac !== undefined && one.mac === mac) ?? own.find((one) => one.isPrimary) ?? own[0]
  if (nic?.subnet === undefined)
    return [unknownPlace(from, { problem: 'waiting', message: 'its machine has no address in any subnet' })]
  const { subnet } = nic
  const [surroundings, inForce, receiver] = await Promise.all([
    attempt(() => readSurroundings(arm, subnet, signal)),
    askInForce(options, nic, signal),
    to === undefined || others === undefined || 'problem' in others
      ? undefined
      : attempt(() => readReceiver(arm, to, others, signal)),
  ])
  const way = { source, destination, sender: { node: from.name, nic }, ...surroundings, inForce, receiver }
  return [
    ...judgeAzureWay(way),
    ...(to !== undefined && others !== undefined && 'problem' in others ? [unknownPlace(to, others)] : []),
  ]
}

/** A subnet follows the table that it is associated with. There is no main table here. */
async function readSurroundings(
  arm: Arm,
  subnet: string,
  signal: AbortSignal,
): Promise<Pick<AzureWay, 'table' | 'ranges'>> {
  const [network] = await readNetworks(arm, [networkOf(subnet)], signal)
  const id = network?.subnets.find((one) => one.id === subnet)?.table
  const ranges = [...(network?.ranges ?? []), ...(network?.peers ?? []).flatMap((peer) => peer.ranges)]
  if (id === undefined) return { table: undefined, ranges }
  // As it is now: one that is being written is not waited for.
  const wire = await read<WireTable>(arm, 'RouteTables_Get', networkPath(id), signal)
  return { table: { id, routes: wire.properties?.routes ?? [] }, ranges }
}

async function readReceiver(
  arm: Arm,
  { name: node }: ExaminedNode,
  nics: readonly WayInterface[],
  signal: AbortSignal,
): Promise<AzureWay['receiver']> {
  const [{ machine } = { machine: undefined }] = nics
  return { node, nics, isRunning: machine === undefined || (await isRunning(arm, machine, signal)) }
}

/** It is asked once: whoever can't be asked leaves the table to tell. */
async function askInForce(
  { arm, clock }: AzureWayOptions,
  nic: WayInterface,
  signal: AbortSignal,
): Promise<AzureWay['inForce']> {
  if (machineOf(nic.machine ?? '')?.scaleSet !== undefined)
    return { unasked: 'Azure does not tell it of members of uniform scale sets' }
  try {
    const polling = { ...defaultPolling, clock, untilMs: longestMs }
    return { routes: await effectiveRoutes(arm, nic, polling, signal) }
  } catch (error) {
    if (error instanceof ProviderError) return { unasked: error.message }
    throw error
  }
}

const unknownPlace = ({ name }: ExaminedNode, { message }: TargetProblem): Finding =>
  foundOnWay('CloudPlaceUnknown', {
    object: { kind: 'Node', name },
    message: `What Azure does with packets of Node ${name} is not known: ${message}.`,
  })
