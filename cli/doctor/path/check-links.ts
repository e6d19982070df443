import type { Finding } from '../../../providers/finding.ts'
import { found } from './path-findings.ts'
import type { NodeView } from './path-picture.ts'

/** Whether packets from others come in at the Node at all. */
export function checkUplink({ facts: { entry }, node }: NodeView): readonly Finding[] {
  if (entry === undefined) return []
  const object = { kind: 'interface', name: `${node}/${entry.name}` }
  if (!entry.isUp || !entry.hasCarrier)
    return [
      found('UplinkDown', {
        object,
        message: `${entry.name}, by which Node ${node} is reached, ${entry.isUp ? 'has no carrier' : 'is down'}.`,
      }),
    ]
  return [found('UplinkUp', { object, message: `${entry.name} takes packets of ${entry.mtu} bytes.` })]
}

/** Whether the next machine on the way answers. */
export function checkGateway({ facts: { destination, exit, way }, node }: NodeView): readonly Finding[] {
  if (exit === undefined || way.result !== 'found') return []
  const { gateway } = way.route
  if (!exit.isUp || !exit.hasCarrier)
    return [
      found('UplinkDown', {
        object: { kind: 'interface', name: `${node}/${exit.name}` },
        message: `${exit.name}, by which Node ${node} sends the packet, ${exit.isUp ? 'has no carrier' : 'is down'}.`,
      }),
    ]
  // What is known of the neighbour is known of that of the destination's own route.
  if (destination.neighbour?.state !== 'failed' || destination.route?.gateway !== gateway) return []
  return [
    found('GatewayNotAnswering', {
      object: { kind: 'Node', name: node },
      message: `${gateway ?? 'the destination'} does not answer on ${exit.name} when Node ${node} asks for its hardware address.`,
    }),
  ]
}
