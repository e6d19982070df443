import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type Socket, connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Answer, OperationName, Parameters, Result } from '../serve/protocol.ts'
import { binary } from './binary.ts'

export interface ServerOptions {
  /** Behind the folders. */
  readonly args?: readonly string[]
  /** The file to run, if not the binary itself. */
  readonly file?: string
  /** Program and arguments to run it by. */
  readonly by?: readonly string[]
}

/** `podway-cni serve` as a process of its own, with folders of its own, which go away with {@link TestServer.remove}. */
export class TestServer {
  readonly folder = mkdtempSync('/run/serve-')
  readonly socket = `${this.folder}/socket`
  readonly binDir = `${this.folder}/bin`
  readonly confDir = `${this.folder}/net.d`
  readonly dataDir = `${this.folder}/networks`
  /** Every line that it logged. */
  readonly log: Record<string, unknown>[] = []
  #child: ChildProcess | undefined
  #waiting: (() => void)[] = []

  /** Starts it, and returns when it listens. */
  async start(options: ServerOptions = {}): Promise<void> {
    const [program, ...args] = [
      ...(options.by ?? []),
      options.file ?? binary(),
      'serve',
      ...['--socket', this.socket, '--cni-bin-dir', this.binDir, '--cni-conf-dir', this.confDir],
      ...['--data-dir', this.dataDir, ...(options.args ?? [])],
    ]
    const child = spawn(program ?? '', args, { env: {}, stdio: ['ignore', 'inherit', 'pipe'] })
    this.#child = child
    this.log.length = 0
    createInterface(child.stderr).on('line', (line) => {
      this.log.push(JSON.parse(line) as Record<string, unknown>)
      for (const wake of this.#waiting.splice(0)) wake()
    })
    child.once('close', () => {
      for (const wake of this.#waiting.splice(0)) wake()
    })
    await this.logged('listening')
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Returns when it has logged that message, once at least. */
  async logged(message: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.log.findLast(({ msg }) => msg === message)
      if (found !== undefined) return found
      if (this.#child?.exitCode !== null) throw new Error(`the server has ended: ${JSON.stringify(this.log)}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Connects; it is greeted if nothing else is said. */
  async connect({ greets = true }: { readonly greets?: boolean } = {}): Promise<TestClient> {
    const socket = connect(this.socket)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const client = new TestClient(socket)
    if (greets) await client.ask('hello', { protocol: 1 })
    return client
  }

  /** Ends it by a signal: its exit code, or null if the signal itself was its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return null
    this.#child = undefined
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    return await new Promise((resolve) => {
      child.once('close', resolve)
      child.kill(signal)
    })
  }

  /** The kilobytes that it has in memory: now, and at most until now. */
  memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
    return { now: of('VmRSS'), peak: of('VmHWM') }
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Makes a folder of its, where the server has not made it yet. */
  make(folder: string): string {
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
    return folder
  }
}

/** The other side of a connection. */
export class TestClient {
  readonly socket: Socket
  /** Whatever came that is no answer. */
  readonly news: unknown[] = []
  /** Settled when the connection is closed. */
  readonly closed: Promise<void>
  /** Called for every answer. */
  onAnswer: (answer: Answer) => void = () => undefined
  readonly #answers = new Map<number, (answer: Answer) => void>()
  readonly #failed = new Set<(error: Error) => void>()
  #next = 0

  constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const fail of this.#failed) fail(new Error('the server has closed the connection'))
        resolve()
      })
    })
    // The close says it.
    socket.on('error', () => undefined)
    const lines = createInterface(socket)
    lines.on('error', () => undefined)
    lines.on('line', (line) => {
      const said = JSON.parse(line) as Answer | { readonly news: unknown }
      if ('news' in said) this.news.push(said)
      else {
        this.onAnswer(said)
        this.#answers.get(said.id)?.(said)
      }
    })
  }

  /** Asks for anything: the answer. */
  async exchange(operation: string, parameters: unknown): Promise<Answer> {
    const id = this.#next++
    return await this.answerTo(id, `${JSON.stringify({ id, operation, parameters })}\n`)
  }

  /** Sends text as it is: the answer that has this id. */
  async answerTo(id: number, text: string): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      this.#answers.set(id, (answer) => {
        this.#answers.delete(id)
        this.#failed.delete(reject)
        resolve(answer)
      })
      this.#failed.add(reject)
      this.socket.write(text)
    })
  }

  /** Asks for what must succeed: the result. */
  async ask<N extends OperationName>(operation: N, parameters: Parameters<N>): Promise<Result<N>> {
    const answer = await this.exchange(operation, parameters)
    if ('error' in answer) throw new Error(`${operation}: ${JSON.stringify(answer.error)}`)
    return answer.result
  }

  /** Asks for what must fail: how. */
  async refused(operation: string, parameters: unknown): Promise<unknown> {
    const answer = await this.exchange(operation, parameters)
    if ('result' in answer) throw new Error(`${operation}: ${JSON.stringify(answer.result)}`)
    return answer.error
  }

  end(): void {
    this.socket.destroy()
  }
}
