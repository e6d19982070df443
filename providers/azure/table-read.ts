import { ProviderError } from '../errors.ts'
import { networkPath } from './arm-api.ts'
import { type Arm, read } from './call.ts'
import { type Polling, poll } from './poller.ts'
import type { WireTable } from './wire.ts'

const operation = 'RouteTables_Get'

/** How long the end of somebody's write is waited for. */
const longestMs = 60_000

/**
 * The table when nobody is writing it. What a leader that died has begun goes on without it: until that is over, what the
 * table shows is what it may become, and no other write is taken.
 * @throws ProviderError `not-found` if there is no such table, `transient` if it stays in the works
 */
export async function readTable(
  arm: Arm,
  id: string,
  polling: Polling,
  signal: AbortSignal,
): Promise<WireTable> {
  const look = async (): Promise<WireTable | undefined> => {
    const table = await read<WireTable>(arm, operation, networkPath(id), signal)
    const { provisioningState = '' } = table.properties ?? {}
    return unsettled.has(provisioningState) ? undefined : table
  }
  return (
    (await look()) ??
    poll({ ...polling, untilMs: Math.min(longestMs, polling.untilMs) }, look, () => busy(id), signal)
  )
}

/**
 * Whether the last write to the table failed after it was taken on: the table shows what it was to be. To write that again
 * is how Azure has it mended (https://learn.microsoft.com/en-us/azure/networking/troubleshoot-failed-state).
 */
export const isUnfinished = ({ properties }: WireTable): boolean => properties?.provisioningState === 'Failed'

const unsettled: ReadonlySet<string> = new Set(['Updating', 'Creating', 'Deleting'])

const busy = (id: string): ProviderError =>
  new ProviderError('transient', `route table ${id} is being changed for more than a minute`, {
    code: 'TableBusy',
    action: operation,
  })
