import type { Call } from '../call.ts'
import { optionalObject } from '../spec/json.ts'
import { type Result, formatResult } from '../spec/result.ts'
import { Undo } from '../undo.ts'

/**
 * Makes a pod's interface, with addresses and routes, and tells what it made. Whatever it makes it remembers how to take
 * back first: it may be there although the answer got lost.
 */
export type PodInterface = (call: Call, undo: Undo) => Result

/**
 * Adds something to a pod that has its interface: port mappings, a limit of its rate. It gets the result so far, and
 * gives back the one that the runtime is told. It remembers how to take back what it does, as {@link PodInterface}.
 */
export type ChainPart = (call: Call, result: Result, undo: Undo) => Result

/**
 * ADD of a whole chain in one process: the interface, then the parts in their order, then the result is printed. When
 * anything fails, printing too, all of it is taken back, the latest first: no address stays reserved, no interface, no rule.
 *
 * What a reference plugin is not told by the plugins before it, it doesn't print either: only as `podway-cni` is what
 * they made put before ours.
 */
export function addChain(call: Call, podInterface: PodInterface, parts: readonly ChainPart[] = []): void {
  const { system, config, reference } = call
  const previous = reference ? undefined : optionalObject(config.json, 'prevResult', 'prevResult')
  const undo = new Undo()
  try {
    let result = podInterface(call, undo)
    for (const part of parts) result = part(call, result, undo)
    system.process.stdout(formatResult(result, config.cniVersion, previous))
  } catch (error) {
    undo.run()
    throw error
  }
}
