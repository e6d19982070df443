import type { Context } from '../context.ts'
import type { Step } from '../step.ts'
import { kubeProxy, masquerade, policies } from '../steps/network-steps.ts'
import { agentInPlace } from '../steps/node-steps.ts'
import { routeSteps } from '../steps/route-steps.ts'

/**
 * kubenet went with dockershim (Kubernetes 1.24); what is called so today is a runtime's template: containerd's
 * `conf_template` writes 10-containerd-net.conflist with `bridge` or `ptp` and host-local of the Node's podCIDR. The agent
 * takes that over with its pods.
 */
export const kubenetSteps = (context: Context): readonly Step[] => [
  ...routeSteps(context),
  policies(context),
  kubeProxy(context),
  agentInPlace(context, [
    '# New nodes: take conf_template out of containerd’s configuration, or it lays its file first, to be taken over each time.',
  ]),
  masquerade(context),
]
