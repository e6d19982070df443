/** What a cluster may be led away from. */
export const predecessors = ['cloud-controller-manager', 'kubenet', 'kindnet', 'flannel'] as const
export type Predecessor = (typeof predecessors)[number]

/** Whether nodes change too, or routes and podCIDRs only. */
export const changesNodes = (from: Predecessor): boolean => from !== 'cloud-controller-manager'
