import { type Socket, connect } from 'node:net'
import {
  type Greeting,
  type News,
  type OperationName,
  type Parameters,
  type Result,
  protocolVersion,
} from '../../cni/serve/protocol.ts'
import { backoffMs } from '../../kube/backoff.ts'
import { type Clock, delay } from '../../kube/clock.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import { readMessage, readResult } from './answers.ts'
import { FrameReader, encodeFrame } from './frames.ts'
import type { Machine, MachineCallOptions } from './machine.ts'
import { MachineError, type MachineErrorCode, fromFailure, isMachineError } from './machine-error.ts'

export interface MachineClientOptions {
  /** Path of the unix socket. */
  readonly socket: string
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
  /** Told of each operation when it has ended: `ok`, or why not. */
  readonly observe?: (operation: OperationName, result: 'ok' | MachineErrorCode, ms: number) => void
}

/** The other half starts within a second or two, and nothing works without it. */
const backoff = { baseMs: 200, maxMs: 5_000 }
/** A program that hangs up at once is not asked in a loop. */
const shortMs = 5_000
/** All operations but the collection of garbage take milliseconds; a machine may be very busy. */
const defaultTimeoutMs = 15_000

interface Pending {
  readonly operation: OperationName
  readonly settle: (outcome: { readonly result: unknown } | MachineError) => void
}

/**
 * A connection to `podway-cni serve` that is made anew whenever it ends, for as long as it is let run. Both halves may
 * restart at any time: what was under way then fails as `lost`, and whoever was to be told again is (`onConnected`).
 *
 * Requests are answered in their order, so one that gets no answer in time would hold up all others: the connection is cut.
 */
export class MachineClient implements Machine {
  readonly #options: MachineClientOptions
  readonly #pending = new Map<number, Pending>()
  readonly #connected: ((greeting: Greeting) => void)[] = []
  readonly #news: ((news: News) => void)[] = []
  readonly #changes: ((isConnected: boolean) => void)[] = []
  readonly #failures: FailureLog<'connection'>
  #socket: Socket | undefined
  #greeting: Greeting | undefined
  #nextId = 0
  /** Why the connection ends or could not be made; the first reason counts. */
  #reason: Error | undefined

  constructor(options: MachineClientOptions) {
    this.#options = options
    this.#failures = new FailureLog(options.log)
  }

  /** What the other half said of itself; undefined while there is no connection. */
  get greeting(): Greeting | undefined {
    return this.#greeting
  }

  /** How many operations wait for their answer. */
  get pending(): number {
    return this.#pending.size
  }

  /** Called after each new connection's greeting. Register before `run`. */
  onConnected(handler: (greeting: Greeting) => void): void {
    this.#connected.push(handler)
  }

  /** Register before `run`. News come only on connections that were asked for them. */
  onNews(handler: (news: News) => void): void {
    this.#news.push(handler)
  }

  /** Called when there is a connection, and when there is none any more. Register before `run`. */
  onChange(handler: (isConnected: boolean) => void): void {
    this.#changes.push(handler)
  }

  /** Keeps a connection until the signal aborts; then resolves. What is under way then is `lost`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    for (let failures = 0; !signal.aborted;) {
      const start = clock.monotonic()
      await this.#connection(signal)
      failures = clock.monotonic() - start >= shortMs ? 1 : failures + 1
      await delay(clock, backoffMs(failures, backoff, random), signal)
    }
  }

  call<N extends OperationName>(
    operation: N,
    parameters: Parameters<N>,
    options: MachineCallOptions = {},
  ): Promise<Result<N>> {
    if (this.#greeting !== undefined) return this.#call(operation, parameters, options)
    this.#options.observe?.(operation, 'unavailable', 0)
    return Promise.reject(
      new MachineError(
        'unavailable',
        `${operation}: podway-cni serve does not answer at ${this.#options.socket}: look at the other container of this pod`,
      ),
    )
  }

  /** One connection, from its beginning to its end. Never rejects. */
  async #connection(signal: AbortSignal): Promise<void> {
    const { log, socket: path } = this.#options
    const socket = connect({ path })
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>()
    const stop = (): void => void socket.destroy()
    const reader = new FrameReader()
    socket.on('error', (error) => (this.#reason ??= error))
    socket.on('close', () => end(undefined))
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of reader.take(chunk)) this.#receive(frame)
      } catch (error) {
        this.#cut(new MachineError('protocol', `podway-cni serve: ${messageOf(error)}`, { cause: error }))
      }
    })
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    this.#socket = socket
    socket.on('connect', () => {
      this.#greet(signal).catch((error: unknown) => {
        this.#reason ??= error instanceof Error ? error : new Error(String(error))
        socket.destroy()
      })
    })
    await ended
    signal.removeEventListener('abort', stop)
    this.#socket = undefined
    if (this.#greeting !== undefined) {
      this.#greeting = undefined
      for (const handler of this.#changes) this.#tell(() => handler(false))
    }
    const reason = this.#reason
    this.#reason = undefined
    const lost = new MachineError('lost', 'the connection to podway-cni serve ended before its answer')
    for (const { settle } of [...this.#pending.values()]) settle(isMachineError(reason) ? reason : lost)
    if (signal.aborted) return
    this.#failures.tell('connection', {
      level: 'warn',
      what: reason?.message ?? 'ended',
      fields: { socket: path, err: reason },
      message:
        reason === undefined
          ? 'podway-cni serve ended the connection: trying again'
          : 'no connection to podway-cni serve: trying again',
    })
    log.debug({ socket: path }, 'disconnected')
  }

  async #greet(signal: AbortSignal): Promise<void> {
    const greeting = await this.#call('hello', { protocol: protocolVersion }, {})
    if (greeting.protocol !== protocolVersion)
      throw new MachineError(
        'unsupported',
        `podway-cni serve speaks protocol ${greeting.protocol}, and this agent ${protocolVersion}: run both of one version`,
      )
    if (signal.aborted) return
    this.#greeting = greeting
    this.#failures.over('connection')
    const { log, socket } = this.#options
    log.info({ socket, version: greeting.version, bootId: greeting.bootId }, 'connected to podway-cni serve')
    for (const handler of this.#changes) this.#tell(() => handler(true))
    for (const handler of this.#connected) this.#tell(() => handler(greeting))
  }

  #call<N extends OperationName>(
    operation: N,
    parameters: Parameters<N>,
    { timeoutMs = defaultTimeoutMs }: MachineCallOptions,
  ): Promise<Result<N>> {
    const { clock, observe } = this.#options
    const id = this.#nextId++
    const start = clock.monotonic()
    return new Promise((resolve, reject) => {
      const late = new MachineError('timeout', `${operation}: no answer within ${timeoutMs} ms`)
      const timer = clock.setTimeout(() => this.#cut(late), timeoutMs)
      const failed = (error: MachineError): void => {
        observe?.(operation, error.code, clock.monotonic() - start)
        reject(error)
      }
      const settle: Pending['settle'] = (outcome) => {
        timer.cancel()
        this.#pending.delete(id)
        if (isMachineError(outcome)) {
          failed(outcome)
          return
        }
        try {
          resolve(readResult(operation, outcome.result))
          observe?.(operation, 'ok', clock.monotonic() - start)
        } catch (error) {
          failed(new MachineError('protocol', `${operation}: ${messageOf(error)}`, { cause: error }))
        }
      }
      this.#pending.set(id, { operation, settle })
      try {
        this.#socket?.write(encodeFrame({ id, operation, parameters }))
      } catch (error) {
        settle(new MachineError('invalid', `${operation}: ${messageOf(error)}`, { cause: error }))
      }
    })
  }

  #receive(frame: unknown): void {
    const message = readMessage(frame)
    if ('news' in message) {
      for (const handler of this.#news) this.#tell(() => handler(message))
      return
    }
    const { id, outcome } = message
    const pending = this.#pending.get(id)
    if (pending === undefined)
      throw new MachineError('protocol', `an answer to a request ${id} that was not made`)
    pending.settle('code' in outcome ? fromFailure(pending.operation, outcome) : outcome)
  }

  /** Ends the connection, and all that waits for an answer on it, for that reason. */
  #cut(reason: MachineError): void {
    this.#reason ??= reason
    this.#socket?.destroy()
  }

  #tell(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#options.log.error({ err: error }, 'a handler of the connection threw: going on')
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
