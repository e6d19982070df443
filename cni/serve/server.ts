import { type Handle, Ready, type Serving, type System, isSysError } from '../sys.ts'
import type { ServeOptions } from './arguments.ts'
import { Connection } from './connection.ts'
import { type UncheckedRequest, answer, helloFirst } from './dispatch.ts'
import type { Context, Handlers, NewsSource } from './handler.ts'
import { RequestSystem } from './request-system.ts'
import type { Log } from './log.ts'
import type { Answer, News } from './protocol.ts'

/** An agent has one; a second one is its successor's, and a person may look by a third. */
const maxConnections = 8
/** Whoever may open the socket may connect: the mode is the folder's, and the user is asked for at each connection. */
const socketMode = 0o666

/** Serves requests until it is told to end: one loop, one wait. */
export class Server {
  readonly #options: ServeOptions
  readonly #handlers: Handlers
  readonly #system: System
  readonly #request: RequestSystem
  readonly #serving: Serving
  readonly #log: Log
  readonly #connections = new Set<Connection>()
  readonly #sources = new Map<News['news'], NewsSource>()

  constructor(options: ServeOptions, handlers: Handlers, system: System, log: Log) {
    this.#options = options
    this.#handlers = handlers
    this.#system = system
    this.#request = new RequestSystem(system)
    this.#serving = system.serving()
    this.#log = log
  }

  /**
   * Listens, serves, and leaves no socket behind.
   * @throws SysError if it can't listen
   */
  run(): void {
    const { socket } = this.#options
    const endings = this.#serving.endings()
    const listening = this.#listen(socket)
    this.#log.info({ socket, users: this.#options.users }, 'listening')
    try {
      while (!this.#turn(endings, listening));
    } finally {
      this.#system.files.remove(socket)
    }
    this.#log.info({}, 'ended by a signal')
  }

  /** What a server has left behind that was killed is removed; the socket of one that lives is not. */
  #listen(path: string): Handle {
    const there = this.#serving.status(path)
    if (there?.kind === 'socket' && !this.#serving.isServed(path)) this.#system.files.remove(path)
    return this.#serving.listen(path, socketMode)
  }

  /** Waits once, and does what there is to do: true if that was the end. */
  #turn(endings: Handle, listening: Handle): boolean {
    const connections = [...this.#connections]
    const sources = [...this.#sources]
    // Whoever is one too many waits in the kernel's queue.
    const accepts = connections.length < maxConnections ? Ready.read : Ready.nothing
    const ready = this.#serving.poll(
      [
        endings,
        listening,
        ...connections.map(({ handle }) => handle),
        ...sources.map(([, { handle }]) => handle),
      ],
      [Ready.read, accepts, ...connections.map(({ wanted }) => wanted), ...sources.map(() => Ready.read)],
      this.#patience(connections),
    )
    const [ended = 0, mayAccept = 0, ...others] = ready
    if (ended !== Ready.nothing) return true
    for (const [i, connection] of connections.entries()) {
      if (others[i] !== Ready.nothing) this.#serve(connection)
    }
    for (const [i, [news, source]] of sources.entries()) {
      if (others[connections.length + i] !== Ready.nothing) this.#hear(news, source)
    }
    if (mayAccept !== Ready.nothing) this.#accept(listening)
    this.#closeSilent()
    return false
  }

  /** How long nothing may happen. */
  #patience(connections: readonly Connection[]): number | undefined {
    const deadlines = connections.map(({ deadline }) => deadline).filter((deadline) => deadline !== undefined)
    return deadlines.length === 0
      ? undefined
      : Math.max(0, Math.ceil(Math.min(...deadlines) - this.#serving.clock()))
  }

  #closeSilent(): void {
    const now = this.#serving.clock()
    for (const connection of this.#connections) {
      const { deadline } = connection
      if (deadline !== undefined && deadline <= now) this.#close(connection, 'silent for too long')
    }
  }

  #accept(listening: Handle): void {
    let accepted
    try {
      accepted = this.#serving.accept(listening)
    } catch (error) {
      // No descriptor is left, say: the next turn tries again.
      this.#log.error({ error: messageOf(error) }, 'could not accept a connection')
      return
    }
    if (accepted === undefined) return
    const { connection, user } = accepted
    if (this.#options.users.includes(user)) {
      this.#connections.add(new Connection(this.#serving, connection, user))
      return
    }
    this.#system.files.close(connection)
    this.#log.warn({ user }, 'refused a connection: this user is not served')
  }

  /** Does what a connection is ready for, and answers what has come. */
  #serve(connection: Connection): void {
    try {
      if (connection.wanted === Ready.write) connection.flush()
      else if (!connection.receive()) {
        this.#close(connection)
        return
      }
      for (let request = connection.next(); request; request = connection.next())
        connection.answer(this.#answer(connection, request))
      connection.flush()
    } catch (error) {
      this.#close(connection, messageOf(error))
    }
  }

  #answer(connection: Connection, request: UncheckedRequest): Answer {
    const isHello = request.operation === 'hello'
    if (!isHello && !connection.isGreeted) return helloFirst(request)
    const said = answer(this.#handlers, request, this.#contextOf(connection))
    this.#request.end()
    if (isHello && 'result' in said) connection.isGreeted = true
    this.#report(request.operation, said)
    return said
  }

  /** What was changed, and what could not be: for whoever reads the log of a machine. */
  #report(operation: string, said: Answer): void {
    if ('error' in said) {
      const { code, message, errno } = said.error
      this.#log.warn({ operation, code, error: message, errno }, 'a request was not carried out')
      return
    }
    const { changed } = said.result as { readonly changed?: readonly string[] }
    if (changed !== undefined && changed.length > 0) this.#log.info({ operation, changed }, 'changed')
  }

  #contextOf(connection: Connection): Context {
    return {
      system: this.#request.system,
      serving: this.#serving,
      settings: this.#options.settings,
      subscribe: (news, open) => {
        if (!this.#sources.has(news)) this.#sources.set(news, open(this.#system))
        connection.subscriptions.add(news)
      },
    }
  }

  #hear(news: News['news'], source: NewsSource): void {
    try {
      if (!source.read()) return
    } catch (error) {
      // Whoever asks again opens it again.
      this.#log.error({ news, error: messageOf(error) }, 'a source of news failed')
      for (const connection of this.#connections) {
        if (connection.subscriptions.has(news)) this.#close(connection, 'its news can not be told any more')
      }
      this.#closeSource(news)
      return
    }
    for (const connection of this.#connections) {
      if (!connection.subscriptions.has(news)) continue
      try {
        connection.tell(news)
      } catch (error) {
        this.#close(connection, messageOf(error))
      }
    }
  }

  #close(connection: Connection, why?: string): void {
    if (!this.#connections.delete(connection)) return
    this.#system.files.close(connection.handle)
    if (why !== undefined) this.#log.warn({ user: connection.user, error: why }, 'closed a connection')
    for (const news of connection.subscriptions) {
      const isWanted = [...this.#connections].some(({ subscriptions }) => subscriptions.has(news))
      if (!isWanted) this.#closeSource(news)
    }
  }

  #closeSource(news: News['news']): void {
    const source = this.#sources.get(news)
    if (source === undefined) return
    this.#sources.delete(news)
    this.#system.files.close(source.handle)
  }
}

function messageOf(error: unknown): string {
  if (isSysError(error)) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
