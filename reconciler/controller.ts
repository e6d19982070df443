import { runWorkers } from '../kube/work-queue.ts'
import { type ControllerOptions, type ControllerParts, assemble } from './assemble.ts'
import { openLedger } from './open-ledger.ts'
import { destinationKey } from './ledger/record.ts'
import { observeNode, observeRecord } from './observe.ts'
import { untilPredecessorIsQuiet } from './predecessor.ts'
import { harmless } from './report/events.ts'
import { restoreBrakes } from './restore-brakes.ts'
import { Worker } from './worker.ts'

/**
 * From Nodes to routes:
 *
 * ```
 * Nodes ──watch──▶ claims ──┐
 * tables ──list──▶ cache ───┼──▶ plan ──▶ guard ──▶ apply ──▶ outcomes ──▶ ledger, NetworkUnavailable, Events
 * ledger ──watch────────────┘
 * ```
 *
 * Whatever happens becomes a key in one queue. A worker takes a key and brings that one thing (a destination, a node, a
 * table) to what it should be, from what is known then. So nothing is missed, nothing waits for something else, and a
 * failure comes back on its own schedule.
 *
 * Runs until the signal aborts. Rejects if the program can't work as it is configured.
 */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const abort = (): void => stop.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const parts = assemble({ ...options, events: harmless(options.events, options.log) }, stop.signal)
  try {
    await work(options, parts, stop)
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', abort)
    parts.queue.shutDown()
    stop.abort()
  }
  if (!signal.aborted) throw stop.signal.reason
}

async function work(
  options: ControllerOptions,
  parts: ControllerParts,
  stop: AbortController,
): Promise<void> {
  const { log, podNetworkStore, records, reflector, store } = options
  const { ipam, ledger, podNetwork, queue } = parts
  await openLedger(ledger, options, stop.signal)
  stop.signal.throwIfAborted()
  reflector.onChange((change) => observeNode(change, parts))
  records.onChange((change) => observeRecord(change, store, parts))
  const watching = Promise.all([
    reflector.run(stop.signal),
    records.run(stop.signal),
    ipam?.follow(stop.signal),
    podNetwork && podNetworkStore.follow(() => podNetwork.look(), stop.signal),
  ])
  // It may end before anybody waits for it: then what is awaited first tells the same.
  watching.catch(() => undefined)
  // Before the first whole list nothing is known to be gone, and nothing is known to be free.
  await reflector.synced
  await untilPredecessorIsQuiet(options.provider, ledger, options, stop.signal)
  restoreBrakes(parts, reflector.list())
  log.info({ nodes: reflector.list().length, records: ledger.all().length }, 'nodes and ledger are known')
  for (const record of ledger.all()) queue.add(`route ${destinationKey(record.destination)}`)
  queue.add('tables')
  const worker = new Worker(parts, {
    driftMs: options.driftMs,
    configureRoutes: options.configureRoutes,
    log,
    fatal: (error) => stop.abort(error),
  })
  await runWorkers(queue, options.workers, (key, signal) => worker.handle(key, signal), stop.signal, log)
  await watching
}
