import type { PathFacts } from '../../../agent/path/path-facts.ts'
import { formatAddress } from '../../../net/address.ts'
import type { Finding } from '../../../providers/finding.ts'
import { found } from './path-findings.ts'
import type { NodeReading, NodeView, Party } from './path-picture.ts'

type Chain = NonNullable<PathFacts['firewall']['chains']>[number]

/** Whether the other side sees the pod, or its Node. */
export function checkSourceAddress({ facts, node }: NodeView, destination: Party): Finding {
  const object = { kind: 'Node', name: node }
  const chain = masquerading({ facts })
  const unclear = facts.firewall.chains?.find(({ type, verdict }) => type === 'nat' && verdict === 'unclear')
  if (chain === undefined && unclear !== undefined)
    return found('AddressUnclear', {
      object,
      message: `Whether Node ${node} lets the packet keep its source address is not clear: ${chainText(unclear)}.`,
    })
  if (chain === undefined)
    return found('AddressKept', { object, message: `Node ${node} lets the packet keep its source address.` })
  const where = chainText(chain)
  if (destination.node === undefined)
    return found('AddressMasqueraded', {
      object,
      message: `The packet leaves under Node ${node}’s address: ${where}.`,
    })
  return found('AddressHidden', {
    object,
    message: `${where} on Node ${node} hides the pod behind the Node’s address, and ${formatAddress(destination.address)} is in the cluster.`,
  })
}

const chainText = ({ chain, family, rule, table }: Chain): string =>
  `chain ${chain} of table ${family} ${table}${rule === undefined ? '' : ` (${rule})`}`

/** The chain that changes the source, if one does for certain. */
export const masquerading = (reading: NodeReading): Chain | undefined =>
  'facts' in reading
    ? reading.facts.firewall.chains?.find(({ verdict }) => verdict === 'masquerade')
    : undefined
