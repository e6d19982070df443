import type { Finding } from '../../finding.ts'
import type { GcpWay } from './gcp-way.ts'
import { judgeDelivery } from './judge-delivery.ts'
import { judgeSender } from './judge-forwarding.ts'
import { judgeRoutes } from './judge-routes.ts'

/** What the VPC network does with the packet. Pure. */
export const judgeGcpWay = (way: GcpWay): readonly Finding[] => [
  judgeSender(way),
  ...(judgeDelivery(way) ?? judgeRoutes(way)),
]
