import type { Capabilities } from '../providers/provider.ts'

/** Enough to keep EC2's bucket of 50 writes busy. */
const singly = 16

/**
 * How many changes are worked on at a time. Where each is a call, not many more than the cloud takes; where one call
 * carries all that wait, as many as it carries.
 */
export const changesAtOnce = ({ batch }: Capabilities): number =>
  batch.scope === 'change' ? singly : Math.max(singly, batch.max)
