import type { EC2 } from '@aws-sdk/client-ec2'

/** The operations of EC2 that the controller uses, and so the permissions that it needs: `ec2:` and the name in Pascal case. */
export type ControllerApi = Pick<
  EC2,
  | 'describeRouteTables'
  | 'describeInstances'
  | 'describeNetworkInterfaces'
  | 'describeSubnets'
  | 'createRoute'
  | 'replaceRoute'
  | 'deleteRoute'
  | 'modifyNetworkInterfaceAttribute'
  | 'getSubnetCidrReservations'
  | 'assignIpv6Addresses'
  | 'unassignIpv6Addresses'
>

/** Those, and what `podway doctor` reads besides. */
export type Ec2Api = ControllerApi &
  Pick<
    EC2,
    'describeVpcs' | 'describeVpcPeeringConnections' | 'describeSecurityGroups' | 'describeNetworkAcls'
  >

export type ControllerAction = Capitalize<keyof ControllerApi>
export type Ec2Action = Capitalize<keyof Ec2Api>

/** Whether a lost answer leaves open what happened. */
export const isWrite = (action: Ec2Action): boolean => !/^(Describe|Get)/.test(action)
