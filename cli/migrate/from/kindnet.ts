import type { Context } from '../context.ts'
import { nodesWithAgent } from '../podway-at-work.ts'
import type { Step } from '../step.ts'
import { kubeProxy, masquerade, policies } from '../steps/network-steps.ts'
import { agentBeside, agentInPlace, hold, nodeByNode, remove } from '../steps/node-steps.ts'
import { routeSteps } from '../steps/route-steps.ts'
import { kindnetVariant } from './kindnet-facts.ts'
import { predecessorDaemons } from './predecessor-daemons.ts'

/** kind's is taken over in place; the one with a database of its own leaves node by node. */
export function kindnetSteps(context: Context): readonly Step[] {
  const before = [...routeSteps(context), policies(context), kubeProxy(context)]
  const own = predecessorDaemons(context.facts, 'kindnet').some(
    (daemon) => kindnetVariant(daemon) === 'cni-kindnet',
  )
  return own
    ? [...before, ...nodeByNodeSteps(context)]
    : [
        ...before,
        agentInPlace(context, [
          '# Its reservations are under /run/cni-ipam-state: give the container serve that folder in deploy/manifests/agent.yaml, as a hostPath volume and a mount at the same path (agent.kindnetReservations of the chart).',
        ]),
        masquerade(context),
        remove(context, [
          '# Its routes to other Nodes and its chain KIND-MASQ-AGENT stay in each kernel until the node restarts: restart them one by one.',
        ]),
      ]
}

function nodeByNodeSteps(context: Context): readonly Step[] {
  const ready = nodesWithAgent(context.facts)
  const traces = {
    file: '/etc/cni/net.d/10-kindnet.conflist',
    kernel: 'its interfaces, routes and rules',
    peers:
      'kindnet on other Nodes sends to this one by a route of its kernel, straight or by the cloud, as podway does.',
    // It writes nothing on Nodes: whoever has no agent yet still has it.
    serves: ({ metadata }: Context['facts']['nodes'][number]) => !ready.has(metadata.name),
  }
  return [
    hold(context, traces),
    agentBeside(context),
    nodeByNode(context, traces),
    masquerade(context),
    remove(context, []),
  ]
}
