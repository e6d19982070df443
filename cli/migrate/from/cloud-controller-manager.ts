import type { Context } from '../context.ts'
import type { Step } from '../step.ts'
import { kubeProxy } from '../steps/network-steps.ts'
import { routeSteps } from '../steps/route-steps.ts'

/** Routes and podCIDRs only: nodes and their pods' network stay as they are. */
export const cloudControllerManagerSteps = (context: Context): readonly Step[] => [
  ...routeSteps(context),
  kubeProxy(context),
]
