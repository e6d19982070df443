import { isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { digest } from './digest.ts'
import { encodeElements } from './element.ts'
import { NftMessage } from './message.ts'
import { type Nftables, tableName } from './nftables.ts'
import { ownerSet } from './port-names.ts'

/** Whether whoever has that comment has mappings. It may be somebody else, by chance: then there is nothing to find. */
export function hasMappings({ connection }: Nftables, comment: string): boolean {
  const payload = encodeElements(tableName, ownerSet, [{ key: digest(comment), isEnd: false }])
  try {
    connection.query({ operation: `look into ${ownerSet}`, type: NftMessage.getElements, payload })
    return true
  } catch (error) {
    if (isOpError(error, Errno.ENOENT)) return false
    throw error
  }
}
