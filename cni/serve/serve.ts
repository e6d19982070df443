import type { System } from '../sys.ts'
import { UsageError, help, readArguments } from './arguments.ts'
import { handlers } from './handlers.ts'
import { logTo } from './log.ts'
import { Server } from './server.ts'

/** sysexits.h, EX_USAGE. */
const usage = 64

/** `podway-cni serve`, from its arguments to its exit code. */
export function serve(system: System): number {
  const { process } = system
  const log = logTo(process)
  try {
    const options = readArguments(process.arguments().slice(1))
    if (options === undefined) {
      process.stdout(help)
      return 0
    }
    new Server(options, handlers, system, log).run()
    return 0
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof UsageError) {
      process.stderr(`podway-cni serve: ${message}\nTry podway-cni serve --help.\n`)
      return usage
    }
    log.error({ error: message }, 'ended by an error')
    return 1
  }
}
