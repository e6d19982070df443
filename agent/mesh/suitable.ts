import type { MeshNode } from './mesh-nodes.ts'

/** What the user has said of the network, since no agent can read a cloud. */
export interface MeshPermission {
  /** Use the mesh wherever nodes are, against what is known of their cloud. */
  readonly force: boolean
  /** On AWS: the source/destination check of every node's interface is off. */
  readonly sourceDestCheckOff: boolean
}

export interface Unsuitable {
  readonly reason: 'NoSegment' | 'SourceDestCheck'
  /** What is wrong, and what to do instead. */
  readonly message: string
}

/**
 * Whether routes to and from this node can work without the cloud's route tables: undefined if nothing is known against
 * it. Only the providerID tells where a node is; one without it is in no cloud, or not yet known to it.
 *
 * On Azure and Google Cloud two nodes of a subnet are not one layer-2 segment, whatever the prefix of their addresses
 * says: a frame to a peer goes to the cloud's router, which knows no pods (https://github.com/projectcalico/calico/issues/6568,
 * https://github.com/antrea-io/antrea/issues/2157). On AWS the frame arrives, and the interface drops what is neither from
 * nor to its own addresses, unless that check is off.
 */
export function unsuitable(
  { name, providerID = '' }: Pick<MeshNode, 'name' | 'providerID'>,
  { force, sourceDestCheckOff }: MeshPermission,
): Unsuitable | undefined {
  if (force) return undefined
  const cloud = providerID.slice(0, Math.max(0, providerID.indexOf('://')))
  switch (cloud) {
    case 'azure':
    case 'gce':
      return {
        reason: 'NoSegment',
        message: `node ${name} is ${providerID}: two nodes of a subnet are not one segment there, so routes between them lead nowhere. Let podway controller write the cloud's routes, or use --mesh-force if your nodes are bridged by other means`,
      }
    case 'aws':
      return sourceDestCheckOff
        ? undefined
        : {
            reason: 'SourceDestCheck',
            message: `node ${name} is ${providerID}: its interface drops packets of pods while its source/destination check is on. Turn the check off on all nodes and say so with --mesh-source-destination-check-off, or let podway controller write the VPC's routes`,
          }
    default:
      return undefined
  }
}
