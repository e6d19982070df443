import type { Garbage } from '../cni/serve/protocol.ts'
import { type Clock, delay } from '../kube/clock.ts'
import { FailureLog } from '../kube/failure-log.ts'
import type { Logger } from '../kube/log.ts'
import type { Machine } from './machine/machine.ts'
import { isMachineError } from './machine/machine-error.ts'
import type { AgentMetrics } from './report/agent-metrics.ts'
import type { OwnNodeEvents } from './report/own-node.ts'

export interface GarbageParts {
  readonly machine: Machine
  readonly metrics: Pick<AgentMetrics, 'collected'>
  readonly events: Pick<OwnNodeEvents, 'record'>
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
}

/** What is left behind is no hurry, but a node whose addresses are used up waits for it. */
const everyMs = 60_000
/** Where there is no connection yet, as at the start of both halves. */
const soonMs = 5_000
/** After a restart of the machine there may be hundreds. */
const timeoutMs = 120_000

/**
 * Has it collected again and again what pods left behind that no longer exist. What exists, the machine knows; an API
 * server's word never frees an address (https://github.com/antrea-io/antrea/issues/8239). Runs until the signal aborts.
 */
export async function collectGarbage(parts: GarbageParts, signal: AbortSignal): Promise<void> {
  const { clock, events, log, machine, metrics, random } = parts
  const failures = new FailureLog<'garbage'>(log)
  while (!signal.aborted) {
    let wait = everyMs
    try {
      const { collected } = await machine.call('garbage.collect', {}, { timeoutMs })
      failures.over('garbage')
      for (const { kind } of collected) metrics.collected(kind)
      if (collected.length > 0) {
        log.info({ collected }, 'freed what pods had left behind')
        events.record('GarbageCollected', inWords(collected))
      }
    } catch (error) {
      if (isMachineError(error) && error.code === 'unavailable') wait = soonMs
      else {
        const what = error instanceof Error ? error.message : String(error)
        failures.tell('garbage', {
          level: 'warn',
          what,
          fields: { err: error },
          message: 'no garbage is collected',
        })
      }
    }
    await delay(clock, wait * (0.9 + 0.2 * random()), signal)
  }
}

/** So many are named. */
const named = 5

function inWords(collected: readonly Garbage[]): string {
  const some = collected.slice(0, named).map(({ kind, what, why }) => `${kind} ${what} (${why})`)
  const more = collected.length - some.length
  return `${some.join(', ')}${more > 0 ? `, and ${more} more` : ''}`
}
