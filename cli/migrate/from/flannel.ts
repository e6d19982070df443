import { valueOr } from '../cluster-facts.ts'
import type { Context } from '../context.ts'
import type { Step } from '../step.ts'
import { kubeProxy, masquerade, policies } from '../steps/network-steps.ts'
import { agentBeside, hold, nodeByNode, remove } from '../steps/node-steps.ts'
import { routeSteps } from '../steps/route-steps.ts'
import { flannelNamespace, isServedByFlannel } from './flannel-facts.ts'

/**
 * Routes to all Nodes first, then node by node. A Node that registers without flannel's annotations is in nobody's overlay:
 * others send to its pods by the cloud's routes, and it to theirs, whether they have flannel or not. Nodes that both have it
 * go on to use the tunnel. When a Node is deleted, flannel on the others takes its routes to it away (it watches Nodes).
 */
export function flannelSteps(context: Context): readonly Step[] {
  const namespace = flannelNamespace(valueOr(context.facts.daemonSets, []))
  const traces = {
    file: '/etc/cni/net.d/10-flannel.conflist',
    kernel: 'cni0, flannel.1 and its rules',
    peers:
      'Nodes that both have flannel reach each other by it, and all others by the cloud’s routes; when the Node is deleted, flannel on the others forgets it.',
    serves: isServedByFlannel,
  }
  return [
    ...routeSteps(context),
    policies(context),
    kubeProxy(context),
    hold(context, traces),
    agentBeside(context),
    nodeByNode(context, traces),
    masquerade(context),
    remove(context, [
      `kubectl -n ${namespace} delete configmap kube-flannel-cfg`,
      'kubectl delete clusterrolebinding,clusterrole flannel',
    ]),
  ]
}
