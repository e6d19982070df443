import { Errno, isSysError } from '../sys.ts'
import { type Connection, type Request, throwIfRefused } from './connection.ts'
import { Control, type Message } from './message.ts'

/**
 * Requests with the last of which the kernel goes on after it has announced its effect to a multicast group: a child
 * process stays with it, and this returns when `announces` says that all is announced, or at the acknowledgement if that
 * comes first. False if neither was heard: announcements were lost, or nothing came for ten seconds.
 *
 * @throws OpError if the kernel refuses the last
 */
export function executeAside(
  connection: Connection,
  requests: readonly [...before: Request[], last: Request],
  { group, announces }: { readonly group: number; readonly announces: (message: Message) => boolean },
): boolean {
  connection.join(group)
  const sequence = connection.sendAside(requests)
  for (;;) {
    let messages: readonly Message[]
    try {
      messages = connection.receive()
    } catch (error) {
      if (isSysError(error, Errno.ENOBUFS) || isSysError(error, Errno.EAGAIN)) return false
      throw error
    }
    for (const message of messages) {
      if (announces(message)) return true
      if (message.sequence !== sequence || message.type !== Control.error) continue
      throwIfRefused(requests[requests.length - 1]?.operation ?? '', message)
      return true
    }
  }
}
