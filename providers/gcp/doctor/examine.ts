import type { Finding } from '../../finding.ts'
import { checkAliases } from './check-aliases.ts'
import { checkEgress } from './check-egress.ts'
import { checkFirewall } from './check-firewall.ts'
import { checkMtu, checkNetworks } from './check-networks.ts'
import { checkForwarding, checkNodes } from './check-nodes.ts'
import { checkOverlaps } from './check-overlaps.ts'
import { checkPermissions } from './check-permissions.ts'
import { checkRoom } from './check-room.ts'
import { checkRouteTags, checkRoutes } from './check-routes.ts'
import type { GcpPicture } from './picture.ts'

/** All that the picture shows, check by check. Pure. */
export const examineGcp = (picture: GcpPicture): readonly Finding[] =>
  [
    checkPermissions,
    checkNetworks,
    checkNodes,
    checkForwarding,
    checkMtu,
    checkRoom,
    checkOverlaps,
    checkAliases,
    checkRoutes,
    checkRouteTags,
    checkFirewall,
    checkEgress,
  ].flatMap((check) => check(picture))
