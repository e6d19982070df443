import type { Family } from '../net/address.ts'
import type { Cidr } from '../net/cidr.ts'
import type { MeshPermission } from '../agent/mesh/suitable.ts'
import { type BindAddress, readBindAddress } from './bind-address.ts'
import { readChoice, readCidrs, readInteger, readSwitch } from './flag-values.ts'
import { logLevels } from './log-levels.ts'
import { UsageError } from './usage.ts'

/** The flags of `podway agent` as commander hands them over: text, or true where a value was left out. */
export interface AgentFlags {
  readonly nodeName?: string
  readonly socket: string
  readonly masquerade: string
  readonly masqueradeLinkLocal: string | boolean
  readonly randomFully: string | boolean
  readonly nonMasqueradeCidrs?: string
  readonly antiSpoofing: string | boolean
  readonly blockMetadata: string | boolean
  readonly mtu?: string
  readonly probe: string | boolean
  readonly probePort: string
  readonly reachability: string
  readonly meshForce?: true
  readonly meshSourceDestinationCheckOff?: true
  readonly metricsBindAddress: string
  readonly kubeconfig?: string
  readonly logLevel: string
}

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

/** In the volume that both containers of the agent's pod share. */
export const defaultSocket = '/run/podway/serve.sock'

/** The controller's next neighbours: no component of Kubernetes has them, and the agent runs in the host's network. */
export const defaultAgentBindAddress = ':10278'
export const defaultProbePort = 10_279

/** How pods of other nodes are reached: by routes that others make (podway controller, say), or by a full mesh of them. */
export const reachabilities = ['external', 'mesh'] as const

export const masquerades = ['both', 'ipv4', 'ipv6', 'none'] as const

const families: Readonly<Record<(typeof masquerades)[number], readonly Family[]>> = {
  both: [4, 6],
  ipv4: [4],
  ipv6: [6],
  none: [],
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readAgentConfig(flags: AgentFlags, env: NodeJS.ProcessEnv): AgentConfig {
  return {
    nodeName: readNodeName(flags.nodeName ?? env.NODE_NAME),
    socket: readSocket(flags.socket),
    masquerade: families[readChoice('masquerade', flags.masquerade, masquerades)],
    masqueradeLinkLocal: readSwitch('masquerade-link-local', flags.masqueradeLinkLocal),
    randomFully: readSwitch('random-fully', flags.randomFully),
    nonMasqueradeCidrs: readCidrs('non-masquerade-cidrs', flags.nonMasqueradeCidrs ?? ''),
    antiSpoofing: readSwitch('anti-spoofing', flags.antiSpoofing),
    blockMetadata: readSwitch('block-metadata', flags.blockMetadata),
    mtu: flags.mtu === undefined ? undefined : readInteger('mtu', flags.mtu, { min: 1280, max: 65_535 }),
    probePort: readSwitch('probe', flags.probe)
      ? readInteger('probe-port', flags.probePort, { min: 1, max: 65_535 })
      : undefined,
    mesh: readMesh(flags),
    metricsBindAddress: readBindAddress('metrics-bind-address', flags.metricsBindAddress),
    kubeconfig: flags.kubeconfig,
    logLevel: readChoice('log-level', flags.logLevel, logLevels),
  }
}

/** Flags of a mesh without one would be taken for one. @throws UsageError */
function readMesh(flags: AgentFlags): MeshPermission | undefined {
  const permission = {
    force: flags.meshForce === true,
    sourceDestCheckOff: flags.meshSourceDestinationCheckOff === true,
  }
  if (readChoice('reachability', flags.reachability, reachabilities) === 'mesh') return permission
  const flag = permission.force
    ? '--mesh-force'
    : permission.sourceDestCheckOff
      ? '--mesh-source-destination-check-off'
      : undefined
  if (flag !== undefined) throw new UsageError(`${flag} means nothing without --reachability=mesh`)
  return undefined
}

/** An absolute path that a unix socket can have. @throws UsageError */
export function readSocket(text: string): string {
  // sun_path has 108 bytes, the last of them 0; Node cuts what is longer.
  if (!text.startsWith('/') || Buffer.byteLength(text) > 107)
    throw new UsageError(`--socket=${text}: expected an absolute path of at most 107 bytes`)
  return text
}

function readNodeName(text: string | undefined): string {
  if (text === undefined || text === '')
    throw new UsageError(
      '--node-name is required: the name of this machine’s Node, also by the variable NODE_NAME (spec.nodeName by the downward API)',
    )
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text))
    throw new UsageError(`--node-name=${text}: expected the name of a Node, in lower case`)
  return text
}
