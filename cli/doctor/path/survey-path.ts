import type { Finding } from '../../../providers/finding.ts'
import type { CloudPacket, ExplainWay } from '../../../providers/path.ts'
import { masquerading } from './check-source-address.ts'
import { explainLeg } from './explain-leg.ts'
import { type NodeFacts, NodeUnaskedError } from './node-facts.ts'
import { found } from './path-findings.ts'
import type { ExplainedPath, Leg, NodeReading, Party } from './path-picture.ts'

export interface PathAsker {
  readonly nodeFacts: NodeFacts
  /** Undefined where no cloud was named. */
  readonly explainWay: ExplainWay | undefined
}

/** Asks everybody on the way, there and back, and explains it. */
export async function surveyPath(
  { destination, source }: Pick<ExplainedPath, 'source' | 'destination'>,
  asker: PathAsker,
  signal: AbortSignal,
): Promise<ExplainedPath> {
  const there = await surveyLeg('there', source, destination, asker, signal)
  const back = await surveyLeg('back', destination, answeredTo(source, there), asker, signal)
  return { source, destination, hops: [...explainLeg(there), ...explainLeg(back)] }
}

/** Who sees the Node's address answers to it; the Node then knows for whom that was. */
function answeredTo(source: Party, { departure }: Leg): Party {
  if (departure === undefined || masquerading(departure) === undefined || source.node === undefined)
    return source
  const address = source.node.addresses.find(({ family }) => family === source.address.family)
  return address === undefined
    ? source
    : { name: `Node ${source.node.name}, for ${source.name}`, address, node: source.node, isHost: true }
}

async function surveyLeg(
  way: Leg['way'],
  source: Party,
  destination: Party,
  { explainWay, nodeFacts }: PathAsker,
  signal: AbortSignal,
): Promise<Leg> {
  const packet = { source: source.address, destination: destination.address, isReply: way === 'back' }
  const ask = ({ node }: Party): Promise<NodeReading> | undefined =>
    node === undefined ? undefined : orUnasked(() => nodeFacts(node, packet, signal))
  const staysHere = source.node !== undefined && source.node.name === destination.node?.name
  const [departure, arrival] = await Promise.all([ask(source), staysHere ? undefined : ask(destination)])
  const leg = { way, source, destination, departure, arrival }
  const sent = staysHere ? undefined : inCloud(leg)
  if (sent === undefined) return { ...leg, cloud: undefined }
  return { ...leg, cloud: explainWay === undefined ? [notAsked()] : await explainWay(sent, signal) }
}

async function orUnasked(work: () => ReturnType<NodeFacts>): Promise<NodeReading> {
  try {
    return { facts: await work() }
  } catch (error) {
    if (error instanceof NodeUnaskedError) return { unasked: error.message }
    throw error
  }
}

/** What the cloud sees of it; undefined if it comes from no Node. */
function inCloud({ departure, destination, source }: Omit<Leg, 'cloud'>): CloudPacket | undefined {
  const from = source.node
  if (from === undefined) return undefined
  const seen = departure === undefined ? undefined : masqueradedAs(source, departure)
  return {
    source: seen ?? source.address,
    destination: destination.address,
    from,
    to: destination.node,
    mac: departure !== undefined && 'facts' in departure ? departure.facts.exit?.mac : undefined,
  }
}

const masqueradedAs = ({ address, node }: Party, departure: NodeReading) =>
  masquerading(departure) === undefined
    ? undefined
    : node?.addresses.find(({ family }) => family === address.family)

const notAsked = (): Finding =>
  found('CloudNotAsked', {
    object: { kind: 'cloud', name: 'unknown' },
    message: 'What the cloud does with the packet was not asked: no --provider is given.',
  })
