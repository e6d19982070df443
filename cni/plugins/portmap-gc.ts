import type { Call } from '../call.ts'
import { readValidAttachments } from '../spec/attachments.ts'
import { endMappings } from './ports-removal.ts'
import { collectRules } from './rules-removal.ts'
import { isAliasOf, masqueradeComment } from './veth-name.ts'

/**
 * GC of the chained plugin `portmap`: ends the mappings of all attachments of this network that are not valid any more.
 * Without a word of which are valid, nothing happens.
 */
export function collect({ system, config: { name: network, json } }: Call): void {
  const valid = readValidAttachments(json)
  if (valid === undefined) return
  const kept = new Set(valid.map((attachment) => masqueradeComment({ ...attachment, network })))
  const isGone = (comment: string): boolean => isAliasOf(network, comment) && !kept.has(comment)
  collectRules(system, isGone, { ports: endMappings })
}
