import { MachineClient } from '../agent/machine/machine-client.ts'
import { MachineError } from '../agent/machine/machine-error.ts'
import { type Clock, delay, systemClock } from '../kube/clock.ts'
import { type Logger, silentLogger } from '../kube/log.ts'
import { type Output, standardOutput } from './output.ts'
import { untilSignal } from './until-signal.ts'

export interface UninstallOptions {
  readonly socket: string
  /** Whether to go on after it is done, until a signal comes: a DaemonSet starts anew what ends. */
  readonly stay: boolean
}

/** Both containers of a pod start at the same time. */
const patienceMs = 60_000
/** Rules, routes and files of a whole node. */
const timeoutMs = 60_000

export const runUninstallCommand = (options: UninstallOptions): Promise<void> =>
  untilSignal(['SIGTERM', 'SIGINT'], (signal) =>
    runUninstall(options, { output: standardOutput, clock: systemClock, random: Math.random }, signal),
  )

/** Has everything taken away, and prints what was. @throws MachineError if it can't be done */
export async function runUninstall(
  { socket, stay }: UninstallOptions,
  tools: {
    readonly output: Output
    readonly clock: Clock
    readonly random: () => number
    readonly log?: Logger
  },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log = silentLogger, output, random } = tools
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const machine = new MachineClient({ socket, clock, random, log })
  const { promise: connected, resolve } = Promise.withResolvers<undefined>()
  machine.onConnected(() => resolve(undefined))
  const running = machine.run(either)
  try {
    await Promise.race([connected, delay(clock, patienceMs, either)])
    signal.throwIfAborted()
    if (machine.greeting === undefined)
      throw new MachineError('unavailable', `podway-cni serve does not answer at ${socket}`)
    const { changed } = await machine.call('cni.uninstall', {}, { timeoutMs })
    for (const line of changed) await output.result(`${line}\n`)
    await output.note(changed.length === 0 ? 'There was nothing to take away.' : 'Uninstalled.')
  } finally {
    stop.abort()
    await running
  }
  if (stay) await new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }))
}
