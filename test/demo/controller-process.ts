import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createInterface } from 'node:readline'

/** One line of the controller's log. */
export interface LogLine {
  readonly time: string
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

/** The real `podway controller`, as its own process. */
export class ControllerProcess {
  readonly lines: LogLine[] = []
  readonly #child: ChildProcess
  readonly #events = new EventEmitter()
  readonly #ended: Promise<number>
  #stderr = ''

  /** @param program `podway.js`; `env` is the whole environment of the process */
  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [program, 'controller', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code) => {
        resolve(code ?? 128)
        this.#events.emit('news')
      })
    })
    // Read by stop(); until then a failure to start shows as a log line that never comes.
    this.#ended.catch(() => this.#events.emit('news'))
    if (this.#child.stdout === null || this.#child.stderr === null)
      throw new Error('the controller needs pipes')
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as LogLine)
      this.#events.emit('news')
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves with the first line that is wanted, seen already or yet to come. @throws Error if the process ends instead */
  line(wanted: (line: LogLine) => boolean, signal: AbortSignal): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.lines.find(wanted)
        if (found !== undefined) settle(() => resolve(found))
        else if (this.#child.exitCode !== null)
          settle(() => reject(new Error(`the controller ended: ${this.#stderr.trim() || this.tail()}`)))
      }
      const giveUp = (): void => settle(() => reject(new Error(`the line never came\n${this.tail()}`)))
      const settle = (end: () => void): void => {
        this.#events.off('news', look)
        signal.removeEventListener('abort', giveUp)
        end()
      }
      this.#events.on('news', look)
      signal.addEventListener('abort', giveUp, { once: true })
      look()
    })
  }

  /** The last lines of the log, for when something is wrong. */
  tail(): string {
    return this.lines
      .slice(-20)
      .map((line) => JSON.stringify(line))
      .join('\n')
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Ends it as a machine that loses its power does; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Ends it as Kubernetes does, by SIGTERM; resolves with its exit code. */
  async stop(): Promise<number> {
    this.#child.kill('SIGTERM')
    return this.#ended
  }
}
