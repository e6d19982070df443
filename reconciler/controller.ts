import type { Node } from '../kube/objects.ts'
import type { Change } from '../kube/store.ts'
import { runWorkers } from '../kube/work-queue.ts'
import { type ControllerOptions, type ControllerParts, assemble } from './assemble.ts'
import { openLedger } from './open-ledger.ts'
import { nodeOwner } from './ipam/allocator.ts'
import { destinationKey } from './ledger/record.ts'
import { podRanges, routedNode } from './routed-node.ts'
import { Worker } from './worker.ts'

/**
 * From Nodes to routes:
 *
 * ```
 * Nodes ──watch──▶ claims ──┐
 * tables ──list──▶ cache ───┼──▶ plan ──▶ apply ──▶ outcomes ──▶ ledger, NetworkUnavailable
 * ledger ───────────────────┘
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
  const parts = assemble(options, stop.signal)
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
  const { log, reflector } = options
  const { ledger, queue } = parts
  await openLedger(ledger, options, stop.signal)
  stop.signal.throwIfAborted()
  reflector.onChange((change) => observe(change, parts))
  const watching = reflector.run(stop.signal)
  // Before the first whole list nothing is known to be gone, and nothing is known to be free.
  await reflector.synced
  log.info({ nodes: reflector.list().length, records: ledger.all().length }, 'nodes and ledger are known')
  for (const record of ledger.all()) queue.add(`route ${destinationKey(record.destination)}`)
  queue.add('tables')
  const worker = new Worker(parts, { driftMs: options.driftMs, log, fatal: (error) => stop.abort(error) })
  await runWorkers(queue, options.workers, (key, signal) => worker.handle(key, signal), stop.signal, log)
  await watching
}

function observe(change: Change<Node>, { allocator, claims, queue, targets }: ControllerParts): void {
  const { name, uid } = change.object.metadata
  switch (change.type) {
    case 'added':
    case 'updated':
    case 'resync': {
      const node = routedNode(change.object)
      for (const range of podRanges(node)) allocator?.occupy(range, nodeOwner(uid))
      for (const destination of claims.upsert(node)) queue.add(`route ${destination}`)
      break
    }
    case 'deleted':
      for (const destination of claims.remove(name)) queue.add(`route ${destination}`)
      targets.forget(name)
      allocator?.releaseAll(nodeOwner(uid))
      break
  }
  queue.add(`node ${name}`)
}
