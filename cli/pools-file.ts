import { readFile } from 'node:fs/promises'
import { type Clock, delay } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { PoolSource } from '../reconciler/ipam/pool-source.ts'

/** A file of a mounted ConfigMap changes by a link to another folder, which no watch of the file shows: it is read again. */
const intervalMs = 10_000

/** Pools as a file has them. */
export function poolsFile(
  path: string,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): PoolSource {
  return {
    name: `file ${path}`,
    async follow(see, signal) {
      while (!signal.aborted) {
        see(await read(path, log))
        await delay(clock, intervalMs, signal)
      }
    },
  }
}

async function read(path: string, log: Logger): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    log.debug({ err: error, path }, 'the file of the pools can’t be read')
    return undefined
  }
}
