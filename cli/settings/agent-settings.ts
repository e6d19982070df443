import { setting } from './setting.ts'
import { ValueError } from './value-type.ts'
import { boolean, choice, cidrs, matching, parsed, wholeNumber } from './value-types.ts'

/** In the volume that both containers of the agent's pod share. */
export const defaultSocket = '/run/podway/serve.sock'

/** The next neighbour of where the agent serves its status. */
export const defaultProbePort = 10_279

/** How pods of other nodes are reached: by routes that others make (podway controller, say), or by a full mesh of them. */
export const reachabilities = ['external', 'mesh'] as const

export const masquerades = ['both', 'ipv4', 'ipv6', 'none'] as const

/** What is the agent's own. */
export const agentSettings = {
  nodeName: setting({
    type: matching(
      '<name>',
      /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
      'expected the name of a Node, in lower case',
    ),
    description: 'the name of this machine’s Node',
    unless: '$NODE_NAME',
    variable: 'NODE_NAME',
  }),
  socket: setting({
    type: parsed('<path>', parseSocket, { pattern: /^\// }),
    description: 'where podway-cni serve listens',
    default: defaultSocket,
  }),
  masquerade: setting({
    type: choice('<families>', masquerades),
    description: `of which families is masqueraded what pods send to elsewhere: ${masquerades.join(', ')}`,
    default: 'both',
  }),
  masqueradeLinkLocal: setting({
    type: boolean,
    description: 'also what they send to 169.254.0.0/16, where clouds answer nodes only',
    default: true,
    no: 'not that',
  }),
  randomFully: setting({
    type: boolean,
    description: 'source ports of masqueraded packets by chance, not in a row',
    default: true,
    no: 'in a row, as long as they are free',
  }),
  nonMasqueradeCidrs: setting({
    type: cidrs,
    description:
      'ranges that see pods under their own addresses, comma-separated, besides those that podway knows',
  }),
  antiSpoofing: setting({
    type: boolean,
    description: 'drop what pods send under addresses that are not theirs',
    default: true,
    no: 'leave that to somebody else',
  }),
  blockMetadata: setting({
    type: boolean,
    description: 'drop what pods send to the cloud’s instance metadata service',
    default: false,
  }),
  mtu: setting({
    type: wholeNumber('<bytes>', { min: 1280, max: 65_535 }),
    description: 'of pods’ interfaces',
    unless: 'the uplink’s',
  }),
  probe: setting({
    type: boolean,
    description: 'whether other nodes are asked over the pod network, and answered',
    default: true,
    no: 'neither asked nor answered',
  }),
  probePort: setting({
    type: wholeNumber('<port>', { min: 1, max: 65_535 }),
    description: 'where agents listen on their podCIDRs: the same on all nodes',
    default: defaultProbePort,
  }),
  reachability: setting({
    type: choice('<method>', reachabilities),
    description: `how pods of other nodes are reached: ${reachabilities.join(', ')}; mesh: by routes in this node’s kernel, where all nodes are on one segment`,
    default: 'external',
  }),
  meshForce: setting({
    type: boolean,
    description: 'use the mesh also on clouds where a subnet is not one segment',
    default: false,
  }),
  meshSourceDestinationCheckOff: setting({
    type: boolean,
    description: 'on AWS: the source/destination check of all nodes’ interfaces is off, so that a mesh works',
    default: false,
  }),
} as const

/** An absolute path that a unix socket can have. */
function parseSocket(text: string): string {
  // sun_path has 108 bytes, the last of them 0; Node cuts what is longer.
  if (!text.startsWith('/') || Buffer.byteLength(text) > 107)
    throw new ValueError('expected an absolute path of at most 107 bytes')
  return text
}
