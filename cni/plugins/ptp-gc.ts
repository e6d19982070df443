import type { Call } from '../call.ts'
import { reservationFolder } from '../ipam/config.ts'
import { otherOwners } from '../ipam/release.ts'
import { tidyPods } from '../nftables/pod-tidying.ts'
import { listLinks } from '../netlink/listing.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { readValidAttachments } from '../spec/attachments.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { collect as collectReservations } from './host-local.ts'
import { ifbNames } from './ifb-name.ts'
import { endMappings } from './ports-removal.ts'
import { collectRules } from './rules-removal.ts'
import { hostVethAlias, hostVethNames, isAliasOf, masqueradeComment } from './veth-name.ts'

/**
 * GC: deletes the interfaces and rules and gives back the addresses of all attachments of this network that are not valid any
 * more (https://github.com/containernetworking/plugins/issues/1047). It goes on when something fails, and says at the
 * end all that did. Without a word of which are valid, nothing happens: what a runtime does not know of may well live
 * (https://github.com/antrea-io/antrea/issues/8239).
 *
 * The host's end of an ADD that was killed before it said whose it is has no alias and is down: its name tells, for the
 * address was reserved before.
 *
 * @throws CniError "internal" (999)
 */
export function collect(call: Call): void {
  const { config, system } = call
  const valid = readValidAttachments(config.json)
  if (valid === undefined) return
  const network = config.name
  const folder = reservationFolder(config)
  const kept = new Set(valid.map((attachment) => hostVethAlias({ ...attachment, network })))
  const problems: string[] = []
  const tryTo = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  tryTo(() => {
    const host = new Rtnetlink(system)
    const unfinished = new Set(
      otherOwners(system.files, folder, valid).flatMap((owner) => [
        ...hostVethNames(owner),
        ...ifbNames(owner),
      ]),
    )
    for (const { index, name, kind, up, alias } of listLinks(host)) {
      const isOthers =
        alias === undefined
          ? (kind === 'veth' || kind === 'ifb') && !up && unfinished.has(name)
          : isAliasOf(network, alias) && !kept.has(alias)
      if (isOthers) tryTo(() => host.deleteLink(index))
    }
  })
  tryTo(() => {
    const keptComments = new Set(valid.map((attachment) => masqueradeComment({ ...attachment, network })))
    const isGone = (comment: string): boolean => isAliasOf(network, comment) && !keptComments.has(comment)
    collectRules(system, isGone, { pods: tidyPods, ports: endMappings })
  })
  tryTo(() => collectReservations(call))
  if (problems.length > 0) throw new CniError(ErrorCode.internal, problems.join('; '))
}
