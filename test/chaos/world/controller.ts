import { KubeConfig } from '@kubernetes/client-node'
import { makeMetrics } from '../../../cli/controller-status.ts'
import { type ProgramConfig, runControllerProgram } from '../../../cli/controller-program.ts'
import { createKubeClient } from '../../../kube/client.ts'
import type { LogFields, Logger } from '../../../kube/log.ts'
import { ControllerHealth } from '../../../reconciler/report/health.ts'
import type { ChaosCloud } from '../chaos-cloud.ts'
import { type Arrived, type Serve, kubeTransport } from './kube-transport.ts'
import type { Link } from './link.ts'
import type { Random } from './random.ts'
import type { VirtualProcess } from './virtual-process.ts'

export interface ControllerParts {
  readonly process: VirtualProcess
  readonly kubernetes: Link
  readonly cloud: Link
  readonly random: Random
  /** What loads modules: of the world's time it takes none. */
  readonly inNoTime: <T>(work: () => Promise<T>) => Promise<T>
  /** Told when it has ended by itself; `error`: undefined if it ended well. */
  readonly onEnd: (error: unknown) => void
  readonly onLog: (level: string, message: string, fields: LogFields) => void
}

/** One process of `podway controller`: all of it, but for what is outside of it. */
export class Controller {
  readonly process: VirtualProcess
  readonly kubernetes: Link
  readonly cloud: Link
  readonly #stop = new AbortController()

  constructor(
    parts: ControllerParts,
    config: ProgramConfig,
    url: string,
    cloud: ChaosCloud,
    api: { readonly serve: Serve; readonly arrived: Arrived },
  ) {
    const { kubernetes, onEnd, onLog, process, random } = parts
    this.process = process
    this.kubernetes = kubernetes
    this.cloud = parts.cloud
    const access = new KubeConfig()
    access.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u' })
    const { clock, name: identity } = process
    const { cloud: observer, controller, kube } = makeMetrics(clock)
    const at =
      (level: string) =>
      (fields: LogFields, message: string): void =>
        onLog(level, message, fields)
    const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
    const ended = runControllerProgram(
      config,
      {
        clock,
        identity,
        log,
        random: () => random.next(),
        client: createKubeClient(access, {
          userAgent: 'podway',
          env: {},
          clock,
          transport: kubeTransport(kubernetes, api.serve, api.arrived),
        }),
        status: {
          metrics: controller,
          health: new ControllerHealth(identity),
          cloud: observer,
          counted: (client) => kube.around(client),
        },
        openProvider: (wanted) => parts.inNoTime(() => cloud.open(wanted, this.cloud)),
      },
      this.#stop.signal,
    )
    ended.then(() => onEnd(undefined), onEnd)
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** As SIGTERM. */
  stop(): void {
    this.#stop.abort(new Error('stopped'))
  }
}
