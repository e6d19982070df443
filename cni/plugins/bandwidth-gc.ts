import type { Call } from '../call.ts'
import { listLinks } from '../netlink/listing.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { readValidAttachments } from '../spec/attachments.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { hostVethAlias, isAliasOf } from './veth-name.ts'

/**
 * GC of the chained plugin `bandwidth`: deletes the ifbs of all attachments of this network that are not valid any more. It
 * goes on when something fails, and says at the end all that did. Without a word of which are valid, nothing happens.
 *
 * @throws CniError "internal" (999)
 */
export function collect({ system, config: { name: network, json } }: Call): void {
  const valid = readValidAttachments(json)
  if (valid === undefined) return
  const kept = new Set(valid.map((attachment) => hostVethAlias({ ...attachment, network })))
  const host = new Rtnetlink(system)
  const problems: string[] = []
  for (const { index, kind, alias } of listLinks(host)) {
    if (kind !== 'ifb' || alias === undefined || !isAliasOf(network, alias) || kept.has(alias)) continue
    try {
      host.deleteLink(index)
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  if (problems.length > 0) throw new CniError(ErrorCode.internal, problems.join('; '))
}
