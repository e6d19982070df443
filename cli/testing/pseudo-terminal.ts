import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import xterm from '@xterm/headless'

const program = fileURLToPath(new URL('../../bin/podway.js', import.meta.url))

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/**
 * A program at a pseudo-terminal, as a person has it: util-linux `script` makes it, and a terminal emulator shows what
 * would be on the screen.
 */
export class PseudoTerminal implements AsyncDisposable {
  readonly #terminal: xterm.Terminal
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown[]>
  #written: Promise<void> = Promise.resolve()
  #heard = Promise.withResolvers<undefined>()
  /** All that was written to the terminal, escape sequences too. */
  raw = ''

  constructor(
    args: readonly string[],
    { columns, rows }: TerminalSize,
    env: Readonly<Record<string, string | undefined>> = {},
  ) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: false })
    const command = [process.execPath, program, ...args].map(quoted).join(' ')
    this.#child = spawn(
      'script',
      ['-qefc', `stty cols ${columns} rows ${rows}; exec ${command}`, '/dev/null'],
      {
        env: {
          ...process.env,
          TERM: 'xterm-256color',
          COLUMNS: undefined,
          NO_COLOR: undefined,
          FORCE_COLOR: undefined,
          CI: undefined,
          ...env,
        },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    this.#ended = once(this.#child, 'exit')
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.raw += bytes.toString()
      this.#written = new Promise((resolve) => this.#terminal.write(bytes, resolve))
      this.#heard.resolve(undefined)
      this.#heard = Promise.withResolvers()
    })
    this.#child.stdout?.on('end', () => this.#heard.resolve(undefined))
  }

  /** The screen, and what has left it at the top; without blanks at the ends of lines and empty lines at the end. */
  async screen(): Promise<string> {
    await this.#written
    const { active } = this.#terminal.buffer
    const lines = Array.from(
      { length: active.length },
      (_, index) => active.getLine(index)?.translateToString(true) ?? '',
    )
    return lines.join('\n').trimEnd()
  }

  /** Waits until the screen shows it. */
  async until(pattern: RegExp): Promise<void> {
    for (;;) {
      const heard = this.#heard.promise
      const screen = await this.screen()
      if (pattern.test(screen)) return
      if (this.#child.exitCode !== null)
        throw new Error(`the program has ended, and the screen is:\n${screen}`)
      await Promise.race([heard, this.#ended])
    }
  }

  /** As keys are pressed. */
  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** Its exit code. */
  async ended(): Promise<number | null> {
    const [code] = await this.#ended
    if (this.#child.stdout?.readableEnded === false) await once(this.#child.stdout, 'end')
    return code as number | null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGHUP')
      await this.#ended
    }
    this.#terminal.dispose()
  }
}
