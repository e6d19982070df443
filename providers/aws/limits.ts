import type { ApiLimits } from '../budget.ts'
import type { BucketLimits } from '../token-bucket.ts'
import type { Ec2Action } from './ec2-api.ts'

/** Describes that are filtered or paged, as all of ours are; without, some have half of it. */
const describes: BucketLimits = { burst: 100, perSecond: 20 }

const writes: BucketLimits = { burst: 50, perSecond: 5 }

const byAction: Readonly<Record<Ec2Action, BucketLimits>> = {
  DescribeRouteTables: describes,
  DescribeInstances: describes,
  DescribeNetworkInterfaces: describes,
  DescribeSubnets: describes,
  CreateRoute: writes,
  ReplaceRoute: writes,
  DeleteRoute: writes,
  ModifyNetworkInterfaceAttribute: { burst: 100, perSecond: 5 },
  DescribeVpcs: describes,
  DescribeVpcPeeringConnections: describes,
  DescribeSecurityGroups: describes,
  DescribeNetworkAcls: describes,
  GetSubnetCidrReservations: describes,
  AssignIpv6Addresses: { burst: 100, perSecond: 5 },
  UnassignIpv6Addresses: writes,
}

/**
 * The token buckets that each account has in each region, one for each action, unless AWS raised them.
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export const ec2Limits: ApiLimits = { byAction, others: writes }

/**
 * Routes of each family that a table takes, unless AWS raised it (to 1,000 at most).
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
 */
export const defaultRoutesPerTable = 500
