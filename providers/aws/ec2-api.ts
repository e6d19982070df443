import type { EC2 } from '@aws-sdk/client-ec2'

/**
 * The operations of EC2 that podway uses, and so the permissions that it needs: `ec2:` and the name in Pascal case. The
 * controller needs those of the first block, `podway doctor` those of the second besides.
 */
export type Ec2Api = Pick<
  EC2,
  | 'describeRouteTables'
  | 'describeInstances'
  | 'describeNetworkInterfaces'
  | 'describeSubnets'
  | 'createRoute'
  | 'replaceRoute'
  | 'deleteRoute'
  | 'modifyNetworkInterfaceAttribute'
  //
  | 'describeVpcs'
  | 'describeSubnets'
  | 'describeVpcPeeringConnections'
  | 'describeSecurityGroups'
  | 'describeNetworkAcls'
>

export type Ec2Action = Capitalize<keyof Ec2Api>

/** Whether a lost answer leaves open what happened. */
export const isWrite = (action: Ec2Action): boolean => !action.startsWith('Describe')
