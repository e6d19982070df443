import type { Finding } from '../../finding.ts'
import { checkNetworkAcls } from './check-network-acls.ts'
import { checkNodes } from './check-nodes.ts'
import { checkOverlaps } from './check-overlaps.ts'
import { checkPermissions } from './check-permissions.ts'
import { checkRoom } from './check-room.ts'
import { checkRoutes } from './check-routes.ts'
import { checkSecurityGroups } from './check-security-groups.ts'
import { checkSourceDest } from './check-source-dest.ts'
import { checkTables } from './check-tables.ts'
import { found } from './finding-codes.ts'
import { type AwsPicture, placedNodes } from './picture.ts'
import { podRanges } from './pod-ranges.ts'

/** All that the picture shows, check by check. Pure. */
export function examineAws(picture: AwsPicture): readonly Finding[] {
  return [
    ...checkPermissions(picture),
    ...checkNodes(picture),
    ...checkTables(picture),
    ...checkSourceDest(picture),
    ...checkRoom(picture),
    ...checkOverlaps(picture),
    ...checkRoutes(picture),
    ...checkTraffic(picture),
  ]
}

/** A packet passes the network ACLs of both subnets and the security groups of the one interface. */
function checkTraffic(picture: AwsPicture): readonly Finding[] {
  const findings = [...checkSecurityGroups(picture), ...checkNetworkAcls(picture)]
  const nothingToSay =
    'unread' in picture.groups ||
    'unread' in picture.acls ||
    'unread' in picture.interfaces ||
    placedNodes(picture).length === 0 ||
    podRanges(picture).length === 0
  if (findings.length > 0 || nothingToSay) return findings
  const object = { kind: 'cluster', name: picture.clusterName }
  const message = 'Security groups and network ACLs let pods’ packets in at every Node.'
  return [found('PodTrafficAllowed', { object, message })]
}
