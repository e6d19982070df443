import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What a process of its own does for the bench: each a request with one argument and an answer that can be cloned. */
export type Service = Readonly<Record<string, (argument: never) => unknown>>

interface Request {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

type Answer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly failure: string }

/** The other side of a {@link Service}, in a process of its own, so that it takes no time of whoever measures. */
export class Remote<Of extends Service> {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #name: string
  #requests = 0

  /** @param program a module that calls {@link serveRequests} */
  constructor(program: string) {
    this.#name = program
    this.#child = fork(program, { serialization: 'advanced' })
    this.#child.on('message', (message) => {
      const answer = message as Answer
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.#child.once('exit', (code) => {
      for (const [id, settle] of this.#waiting) settle({ id, failure: `it ended with ${code ?? 'a signal'}` })
    })
  }

  /** @throws Error as the other side did, or because it is no more */
  async ask<Name extends keyof Of & string>(
    name: Name,
    argument: Parameters<Of[Name]>[0],
  ): Promise<Awaited<ReturnType<Of[Name]>>> {
    const id = this.#requests++
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve)
      const request: Request = { id, name, argument }
      this.#child.send(request, (error) => {
        if (error !== null) resolve({ id, failure: error.message })
      })
    })
    if ('failure' in answer) throw new Error(`${this.#name}, ${name}: ${answer.failure}`)
    return answer.value as Awaited<ReturnType<Of[Name]>>
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** Answers the requests of the process that started this one; ends with it. */
export function serveRequests(service: Service): void {
  const answerTo = async ({ id, name, argument }: Request): Promise<Answer> => {
    try {
      const value = await service[name]?.(argument as never)
      return { id, value }
    } catch (error) {
      return { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', (message) => {
    void answerTo(message as Request).then((answer) => process.send?.(answer))
  })
  process.once('disconnect', () => process.exit())
  process.once('SIGTERM', () => process.exit())
}

/** Milliseconds of a clock that all processes of the machine share. */
export const machineTime = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000
