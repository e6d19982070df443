import { Errno } from '../sys.ts'
import { executeAside } from './aside.ts'
import { isOpError } from './error.ts'
import { LinkMessage, announcesRemoval, encodeDeleteLink, linkGroup } from './link.ts'
import type { Message } from './message.ts'
import type { Rtnetlink } from './rtnetlink.ts'

/**
 * Deletes a link as {@link Rtnetlink.deleteLink} does, but returns as soon as it is gone for everybody: the kernel then
 * waits for RCU grace periods before it frees the memory, nine tenths of the time that a deletion takes, and a child
 * process waits for that.
 */
export function removeLink(rtnetlink: Rtnetlink, index: number): void {
  try {
    const request = {
      operation: `delete link ${index}`,
      type: LinkMessage.delete,
      payload: encodeDeleteLink(index),
    }
    const announces = (message: Message): boolean => announcesRemoval(message, index)
    // If nothing was heard, the link is gone, or it is deleted here and now.
    if (!executeAside(rtnetlink.connection, request, { group: linkGroup, announces }))
      rtnetlink.deleteLink(index)
  } catch (error) {
    if (!isOpError(error, Errno.ENODEV)) throw error
  }
}
