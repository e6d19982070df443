import type { Handle, Serving, System } from '../sys.ts'
import type { News, OperationName, Result } from './protocol.ts'

/** Where things are on this machine, as the command line says. */
export interface Settings {
  /** Where runtimes look for plugins. */
  readonly binDir: string
  /** Where runtimes look for configurations. */
  readonly confDir: string
  /** Where reservations are, in a folder for each network. */
  readonly dataDir: string
  /** Where runtimes keep, in `results`, what they know of attachments. */
  readonly cacheDir: string
  /** Folders in which runtimes have an entry for each container; empty where nobody said. */
  readonly runtimeDirs: readonly string[]
  /** How long something has to look like garbage. */
  readonly graceSeconds: number
}

/** What a handler is given besides the parameters. */
export interface Context {
  /** Netlink sockets that are opened by it are closed when the handler has returned. */
  readonly system: System
  /** `system.serving()`, which was asked for once. */
  readonly serving: Serving
  readonly settings: Settings
  /**
   * Lets news come to the connection that asks, from now on. The source is opened for the first connection that wants
   * such news, by the system that is given, and its handle closed after the last.
   */
  subscribe(news: News['news'], open: (system: System) => NewsSource): void
}

/** A descriptor that becomes readable when there may be news. */
export interface NewsSource {
  readonly handle: Handle
  /** Takes all that there is to read: whether it is news. It must not wait. */
  read(): boolean
}

/**
 * Carries out an operation. The parameters are a stranger's: see {@link Fields}. It returns when the machine is as asked,
 * and may be repeated at will.
 *
 * @throws ServeError, or an error of the system, which becomes one
 */
export type Handler<N extends OperationName> = (parameters: unknown, context: Context) => Result<N>

export type Handlers = { readonly [N in OperationName]?: Handler<N> }
