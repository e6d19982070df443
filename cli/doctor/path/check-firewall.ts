import type { PathFacts } from '../../../agent/path/path-facts.ts'
import type { Finding } from '../../../providers/finding.ts'
import { found } from './path-findings.ts'
import type { NodeView } from './path-picture.ts'

type Chain = NonNullable<PathFacts['firewall']['chains']>[number]

/** Whether something of the Node's firewall stops the packet, as far as its rules can be read. */
export function checkFirewall({ facts: { firewall }, node }: NodeView): Finding {
  const { chains, legacyTables } = firewall
  const object = { kind: 'Node', name: node }
  const dropping = chains?.find(({ verdict }) => verdict === 'drop')
  if (dropping !== undefined)
    return found('FirewallDrops', {
      object,
      message: `${chainName(dropping)} on Node ${node} drops the packet: ${dropping.rule ?? 'so says its policy, and no rule lets it pass'}.`,
      fix: `nft -a list chain ${dropping.family} ${dropping.table} ${dropping.chain} (on Node ${node}) shows the rules: let pods’ packets pass, or find who made the chain.`,
    })
  const unclear = [
    ...(chains ?? [])
      .filter(({ type, verdict }) => verdict === 'unclear' && type !== 'nat')
      .map((chain) => `${chainName(chain)}${chain.rule === undefined ? '' : ` (${chain.rule})`}`),
    ...legacyTables.map((table) => `table ${table} of iptables-legacy`),
    ...(chains === undefined ? ['its nf_tables, which can’t be read'] : []),
  ]
  if (unclear.length > 0)
    return found('FirewallUnclear', {
      object,
      message: `Whether Node ${node} lets the packet pass is not clear: ${unclear.join('; ')}.`,
    })
  const seen = (chains ?? []).map(chainName)
  return found('FirewallPasses', {
    object,
    message:
      seen.length === 0
        ? `No chain of nf_tables sees the packet on Node ${node}.`
        : `The packet passes on Node ${node}: ${seen.join(', ')}.`,
  })
}

const chainName = ({ chain, family, hook, table }: Chain): string =>
  `chain ${chain} of table ${family} ${table} (hook ${hook})`
