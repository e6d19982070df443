import { Errno } from '../sys.ts'
import { executeAside } from './aside.ts'
import { isOpError } from './error.ts'
import {
  LinkMessage,
  announcesRemoval,
  encodeDeleteGroup,
  encodeDeleteLink,
  encodeSetGroup,
  linkGroup,
} from './link.ts'
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
    if (!executeAside(rtnetlink.connection, [request], { group: linkGroup, announces }))
      rtnetlink.deleteLink(index)
  } catch (error) {
    if (!isOpError(error, Errno.ENODEV)) throw error
  }
}

/** Links of no pod are in a group between these: those of pods are in that of `link-group.ts`, others' are small numbers. */
const [firstGroup, groups] = [0x2000_0000, 0x1000_0000]

/**
 * The same for several links, with the waits of one: they are put into a group that has no other, and the kernel deletes
 * the group at once. Those that are gone already are no error.
 */
export function removeLinks(rtnetlink: Rtnetlink, indexes: readonly number[]): void {
  const [first] = indexes
  if (first === undefined) return
  if (indexes.length === 1 || first >= groups) {
    for (const index of indexes) removeLink(rtnetlink, index)
    return
  }
  const group = firstGroup + first
  const moves = indexes.map((index) => ({
    operation: `put link ${index} into group ${group}`,
    type: LinkMessage.set,
    payload: encodeSetGroup(index, group),
  }))
  const request = {
    operation: `delete links ${indexes.join(', ')}`,
    type: LinkMessage.delete,
    payload: encodeDeleteGroup(group),
  }
  const left = new Set(indexes)
  const announces = (message: Message): boolean => {
    for (const index of left) if (announcesRemoval(message, index)) left.delete(index)
    return left.size === 0
  }
  try {
    if (executeAside(rtnetlink.connection, [...moves, request], { group: linkGroup, announces })) return
  } catch (error) {
    // None of them is left, or one could not be moved.
    if (!isOpError(error, Errno.ENODEV)) throw error
  }
  for (const index of indexes) rtnetlink.deleteLink(index)
}
