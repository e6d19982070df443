import type { NodeRules } from '../nftables/node-ruleset.ts'
import { nodeRuleset } from '../nftables/node-ruleset.ts'
import { Nftables } from '../nftables/nftables.ts'
import { reconcile } from '../nftables/reconciliation.ts'
import { isOfPods } from '../nftables/ruleset.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { System } from '../sys.ts'
import { Fields, invalid, readCidr } from './parameters.ts'
import type { Changed } from './protocol.ts'

/** Of each list. More would not fit into one transaction, whose message is no longer than a socket's send buffer. */
const mostRanges = 1_000

/**
 * The operation `rules.set`: makes the node-wide rules what the parameters say. See {@link reconcile}.
 * @throws ServeError `invalid`, OpError
 */
export function setRules(parameters: unknown, system: System): Changed {
  const rules = readNodeRules(parameters)
  const changed = reconcile(new Nftables(system), ({ chains }) =>
    nodeRuleset(rules, { podsMasquerade: chains.some(({ name }) => isOfPods(name)) }),
  )
  return { changed }
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
