import type { Family } from '../net/address.ts'
import type { Cidr } from '../net/cidr.ts'
import type { MeshPermission } from '../agent/mesh/suitable.ts'
import type { BindAddress } from './bind-address.ts'
import type { logLevels } from './log-levels.ts'
import type { masquerades } from './settings/agent-settings.ts'
import type { Settings } from './settings/command-settings.ts'
import { UsageError } from './usage.ts'

export interface AgentConfig {
  readonly nodeName: string
  readonly socket: string
  /** Of these families, what pods send to elsewhere is masqueraded. */
  readonly masquerade: readonly Family[]
  /** Whether link-local destinations are among them. */
  readonly masqueradeLinkLocal: boolean
  readonly randomFully: boolean
  readonly nonMasqueradeCidrs: readonly Cidr[]
  readonly antiSpoofing: boolean
  readonly blockMetadata: boolean
  /** Undefined: the uplink's. */
  readonly mtu: number | undefined
  /** Where other nodes' agents listen on their podCIDRs; undefined: nobody is asked or answered. */
  readonly probePort: number | undefined
  /** Undefined: others make the routes between nodes. */
  readonly mesh: MeshPermission | undefined
  /** Where to serve health and metrics; undefined for nowhere. */
  readonly metricsBindAddress: BindAddress | undefined
  readonly kubeconfig: string | undefined
  readonly logLevel: (typeof logLevels)[number]
}

const families: Readonly<Record<(typeof masquerades)[number], readonly Family[]>> = {
  both: [4, 6],
  ipv4: [4],
  ipv6: [6],
  none: [],
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readAgentConfig(settings: Settings<'agent'>): AgentConfig {
  const { nodeName } = settings
  if (nodeName === undefined)
    throw new UsageError(
      '--node-name is required: the name of this machine’s Node, also by the variable NODE_NAME (spec.nodeName by the downward API)',
    )
  return {
    nodeName,
    socket: settings.socket,
    masquerade: families[settings.masquerade],
    masqueradeLinkLocal: settings.masqueradeLinkLocal,
    randomFully: settings.randomFully,
    nonMasqueradeCidrs: settings.nonMasqueradeCidrs ?? [],
    antiSpoofing: settings.antiSpoofing,
    blockMetadata: settings.blockMetadata,
    mtu: settings.mtu,
    probePort: settings.probe ? settings.probePort : undefined,
    mesh: readMesh(settings),
    metricsBindAddress: settings.metricsBindAddress,
    kubeconfig: settings.kubeconfig,
    logLevel: settings.logLevel,
  }
}

/** What is said of a mesh without one would be taken for one. @throws UsageError */
function readMesh(settings: Settings<'agent'>): MeshPermission | undefined {
  const { meshForce: force, meshSourceDestinationCheckOff: sourceDestCheckOff, reachability } = settings
  if (reachability === 'mesh') return { force, sourceDestCheckOff }
  const flag = force ? '--mesh-force' : sourceDestCheckOff ? '--mesh-source-destination-check-off' : undefined
  if (flag !== undefined) throw new UsageError(`${flag} means nothing without --reachability=mesh`)
  return undefined
}
