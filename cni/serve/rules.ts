import { difference } from '../nftables/difference.ts'
import type { NodeRules } from '../nftables/node-ruleset.ts'
import { nodeRuleset } from '../nftables/node-ruleset.ts'
import { isOfPorts } from '../nftables/port-names.ts'
import { Nftables } from '../nftables/nftables.ts'
import { reconcile } from '../nftables/reconciliation.ts'
import { isOfNode, isOfPods } from '../nftables/ruleset.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { Handler } from './handler.ts'
import { Fields, invalid, readCidr } from './parameters.ts'
import { groupPodLinks } from './pod-links.ts'

/** Of each list. More would not fit into one transaction, whose message is no longer than a socket's send buffer. */
const mostRanges = 1_000

/** Makes the node-wide rules what the parameters say, see {@link difference}; pods' own stay. */
export const setRules: Handler<'rules.set'> = (parameters, context) => {
  const rules = readNodeRules(parameters)
  const grouped = rules.antiSpoofing || rules.blockMetadata ? groupPodLinks(context) : []
  const changed = reconcile(new Nftables(context.system), (found) => {
    const podsMasquerade = found.chains.some(({ name }) => isOfPods(name) && !isOfPorts(name))
    return difference(nodeRuleset(rules, { podsMasquerade }), found, isOfNode)
  })
  return { changed: [...grouped, ...changed] }
}

/** @throws ServeError `invalid` */
export function readNodeRules(parameters: unknown): NodeRules {
  const fields = new Fields(parameters, 'parameters', ['masquerade', 'antiSpoofing', 'blockMetadata'])
  return {
    masquerade: fields.has('masquerade')
      ? readMasquerade(fields.value('masquerade'), fields.path('masquerade'))
      : undefined,
    antiSpoofing: fields.boolean('antiSpoofing'),
    blockMetadata: fields.boolean('blockMetadata'),
  }
}

function readMasquerade(value: unknown, path: string): NonNullable<NodeRules['masquerade']> {
  const fields = new Fields(value, path, ['sources', 'exceptions', 'linkLocal', 'randomFully'])
  return {
    sources: fields.list('sources', mostRanges, readSource),
    exceptions: fields.list('exceptions', mostRanges, readCidr),
    linkLocal: fields.has('linkLocal') && fields.boolean('linkLocal'),
    randomFully: fields.boolean('randomFully'),
  }
}

/** All addresses are not those of pods: the packets of others, which this machine only passes on, would be changed too. */
function readSource(value: unknown, path: string): Cidr {
  const source = readCidr(value, path)
  if (source.prefixLength === 0) throw invalid(path, `${formatCidr(source)} is every address: name the pools`)
  return source
}
