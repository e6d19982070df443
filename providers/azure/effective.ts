import { formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import type { Change } from '../provider.ts'
import { networkPath } from './arm-api.ts'
import { type Arm, call } from './call.ts'
import type { NodeInterface } from './interfaces.ts'
import type { NodeInterfaces } from './node-interfaces.ts'
import { resultOf } from './operations.ts'
import { type Polling, pause } from './poller.ts'
import { machineOf } from './resource-ids.ts'
import { readTable } from './table-read.ts'
import type { WireEffectiveRoute } from './wire.ts'

export interface Effectiveness {
  readonly arm: Arm
  readonly polling: Polling
  readonly interfaces: NodeInterfaces
  /** How long after a write packets surely follow it. */
  readonly waitMs: number
  /** Whether to ask an interface what its packets follow, before the wait is over. */
  readonly ask: boolean
}

/**
 * Waits until packets follow routes that were written: "done" is not yet that
 * (https://github.com/kubernetes-sigs/cloud-provider-azure/issues/527). Rejects only with the signal's reason.
 */
export async function untilEffective(
  { arm, ask, interfaces, polling, waitMs }: Effectiveness,
  table: string,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<void> {
  const routes = changes.flatMap((change) => (change.op === 'delete' ? [] : [change]))
  if (routes.length === 0 || waitMs === 0) return
  const { clock } = polling
  const end = clock.monotonic() + waitMs
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const waited = pause(clock, waitMs, until)
  const seen = ask ? shows() : undefined
  try {
    await Promise.race(seen === undefined ? [waited] : [waited, seen])
  } finally {
    stop.abort(new Error('it is known by now'))
    // Whichever came second is of no interest any more.
    waited.catch(() => undefined)
    seen?.catch(() => undefined)
  }

  async function shows(): Promise<void> {
    const witness = await witnessOf(arm, interfaces, table, polling, until).catch(silent)
    if (witness === undefined) return waited
    while (clock.monotonic() < end) {
      const effective = await effectiveRoutes(arm, witness, polling, until).catch(silent)
      const lines = new Set(
        (effective ?? []).flatMap(({ addressPrefix = [], nextHopIpAddress = [] }) =>
          addressPrefix.map((prefix) => `${prefix} ${nextHopIpAddress.join()}`),
        ),
      )
      if (routes.every(({ destination, target }) => lines.has(`${formatCidr(destination)} ${target.id}`)))
        return
      await pause(clock, polling.mostMs, until)
    }
    return waited
  }

  /** Who can't be asked is waited for. */
  function silent(error: unknown): undefined {
    if (error instanceof ProviderError) return undefined
    throw error
  }
}

/** An interface in a subnet that follows the table. Those of uniform scale sets can't be asked. */
async function witnessOf(
  arm: Arm,
  interfaces: NodeInterfaces,
  table: string,
  polling: Polling,
  signal: AbortSignal,
): Promise<NodeInterface | undefined> {
  const { properties } = await readTable(arm, table, polling, signal)
  const subnets = new Set((properties?.subnets ?? []).map(({ id }) => (id ?? '').toLowerCase()))
  return (await interfaces.inScope(signal)).find(
    ({ addresses, machine }) =>
      machineOf(machine ?? '')?.scaleSet === undefined && addresses.some(({ subnet }) => subnets.has(subnet)),
  )
}

/** What packets from a running machine's interface follow now. @throws ProviderError */
export async function effectiveRoutes(
  arm: Arm,
  { id }: Pick<NodeInterface, 'id'>,
  polling: Polling,
  signal: AbortSignal,
): Promise<readonly WireEffectiveRoute[]> {
  const operation = 'NetworkInterfaces_GetEffectiveRouteTable'
  const request = { operation, method: 'POST', path: networkPath(`${id}/effectiveRouteTable`) } as const
  const answer = await call(arm, request, signal, 'WriteInterface')
  const { value = [] } = await resultOf<{ readonly value?: readonly WireEffectiveRoute[] }>(
    arm,
    operation,
    answer,
    polling,
    signal,
  )
  return value.filter(({ state }) => state === 'Active')
}
