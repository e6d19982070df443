import type { Workload } from '../../doctor/cluster.ts'

/**
 * Which kindnet a DaemonSet is. `kindnetd` is kind's: ptp and host-local, with its reservations under /run, which the agent
 * takes over with its pods. `cni-kindnet` has a plugin and a database of its own, from v1.4 on and as kops installs it:
 * nobody else can read which addresses are taken.
 */
export function kindnetVariant({ spec }: Workload): 'kindnetd' | 'cni-kindnet' {
  const { initContainers = [], volumes = [] } = spec?.template?.spec ?? {}
  const words = initContainers.flatMap(({ args = [], command = [] }) => [...command, ...args])
  const isOwn =
    words.some((word) => word.includes('cni-kindnet')) ||
    volumes.some(({ hostPath }) => hostPath?.path === '/var/lib/cni-kindnet')
  return isOwn ? 'cni-kindnet' : 'kindnetd'
}
