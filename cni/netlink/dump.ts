import type { Connection, Request } from './connection.ts'
import { DumpInterruptedError } from './error.ts'
import { Control, Flag } from './message.ts'

/** How often a dump is asked for again before its interruption is an error. */
const attempts = 5

/**
 * All entries that the kernel has: their payloads. A dump that was interrupted is asked for again, five times.
 * @throws OpError if it refuses
 * @throws DumpInterruptedError if the tables never stand still
 */
export function dump(connection: Connection, request: Request): readonly Uint8Array[] {
  for (let attempt = 1; ; attempt++) {
    const messages = connection.exchange(request, Flag.dump)
    if (!messages.some((message) => message.flags & Flag.dumpInterrupted))
      return messages.filter((message) => message.type !== Control.done).map((message) => message.payload)
    if (attempt === attempts) throw new DumpInterruptedError(request.operation)
  }
}
