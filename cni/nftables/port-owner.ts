import { digest } from './digest.ts'
import { encodeElements } from './element.ts'
import { NftMessage } from './message.ts'
import { type Nftables, tableName } from './nftables.ts'
import { ownerSet } from './port-names.ts'

/** Whether whoever has that comment has mappings. It may be somebody else, by chance: then there is nothing to find. */
export function hasMappings(nftables: Nftables, comment: string): boolean {
  const payload = encodeElements(tableName, ownerSet, [{ key: digest(comment), isEnd: false }])
  return nftables.has({ operation: `look into ${ownerSet}`, type: NftMessage.getElements, payload })
}
