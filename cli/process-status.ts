import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { BindAddress } from './bind-address.ts'
import { LoopWatch } from './loop-watch.ts'
import { type StatusSources, serveStatus } from './status-server.ts'
import { version } from './version.ts'

export const bindAddressFlag = 'metrics-bind-address'

/** A registry with what every podway process tells of itself. */
export function makeRegistry(): Registry {
  const registry = new Registry()
  new Gauge({
    name: 'podway_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1)
  return registry
}

/** How a process that runs on is looked at from outside. */
export interface ProcessStatus extends AsyncDisposable {
  /** Where it is served; undefined: nowhere. */
  readonly port: number | undefined
}

export interface ProcessStatusOptions {
  /** Undefined: nobody is served. */
  readonly bindAddress: BindAddress | undefined
  readonly registry: Registry
  readonly sources: StatusSources
  readonly clock: Clock
  readonly log: Logger
}

/** Serves these from now on, and whether this process still gets to its work. @throws BindError */
export async function openProcessStatus(options: ProcessStatusOptions): Promise<ProcessStatus> {
  const { bindAddress, registry, sources, clock, log } = options
  if (bindAddress === undefined) return { port: undefined, [Symbol.asyncDispose]: () => Promise.resolve() }
  collectDefaultMetrics({ register: registry })
  const loop = new LoopWatch(clock)
  try {
    const server = await serveStatus(bindAddressFlag, bindAddress, {
      ...sources,
      faults: () => [...sources.faults(), ...loop.faults()],
    })
    const paths = ['/healthz', '/readyz', '/metrics', ...(sources.path === undefined ? [] : ['/path'])]
    log.info({ address: bindAddress.text, port: server.port }, `serving ${paths.join(', ')}`)
    return {
      port: server.port,
      [Symbol.asyncDispose]: async () => {
        loop.stop()
        await server.close()
      },
    }
  } catch (error) {
    loop.stop()
    throw error
  }
}
