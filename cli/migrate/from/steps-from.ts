import type { Context } from '../context.ts'
import type { Step } from '../step.ts'
import { cloudControllerManagerSteps } from './cloud-controller-manager.ts'
import { flannelSteps } from './flannel.ts'
import { kindnetSteps } from './kindnet.ts'
import { kubenetSteps } from './kubenet.ts'

/** The steps from what the cluster has, in their order. */
export function stepsFrom(context: Context): readonly Step[] {
  switch (context.from) {
    case 'cloud-controller-manager':
      return cloudControllerManagerSteps(context)
    case 'kubenet':
      return kubenetSteps(context)
    case 'kindnet':
      return kindnetSteps(context)
    case 'flannel':
      return flannelSteps(context)
  }
}
