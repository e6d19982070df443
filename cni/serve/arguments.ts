import type { Settings } from './handler.ts'

/** What the command line asks for. */
export interface ServeOptions {
  /** The path of the socket. */
  readonly socket: string
  /** Users that are served. */
  readonly users: readonly number[]
  readonly settings: Settings
}

/** A command line that means nothing: what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const help = `podway-cni serve: carries out what podway agent asks for, over a unix socket

  --socket PATH          where to listen (required)
  --cni-bin-dir PATH     where the runtime looks for plugins (default: /opt/cni/bin)
  --cni-conf-dir PATH    where the runtime looks for configurations (default: /etc/cni/net.d)
  --data-dir PATH        where reservations of addresses are (default: /var/lib/cni/networks)
  --cni-cache-dir PATH   where the runtime keeps what it knows of attachments (default: /var/lib/cni)
  --runtime-dir PATH     a folder with an entry for each container of a runtime; may be given again. Without it, nothing
                         is garbage because its container is gone
  --garbage-grace N      seconds for which something has to look like garbage (default: 300)
  --allow-uid N          a user that is served; may be given again (default: 0)
  --help                 prints this

It ends with 0 at SIGTERM or SIGINT, with 64 if an argument is wrong, with 1 if it can't listen.
`

/**
 * Reads what stands behind `serve`; undefined if help is asked for.
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): ServeOptions | undefined {
  let socket: string | undefined
  const users: number[] = []
  const settings = {
    binDir: '/opt/cni/bin',
    confDir: '/etc/cni/net.d',
    dataDir: '/var/lib/cni/networks',
    cacheDir: '/var/lib/cni',
    graceSeconds: 300,
  }
  const runtimeDirs: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (arg === '--help' || arg === '-h') return undefined
    const equals = arg.indexOf('=')
    const name = equals < 0 ? arg : arg.slice(0, equals)
    const value = (): string => {
      const given = equals < 0 ? args[++i] : arg.slice(equals + 1)
      if (given === undefined || given === '') throw new UsageError(`${name} needs a value`)
      return given
    }
    switch (name) {
      case '--socket':
        socket = readPath(name, value())
        break
      case '--cni-bin-dir':
        settings.binDir = readPath(name, value())
        break
      case '--cni-conf-dir':
        settings.confDir = readPath(name, value())
        break
      case '--data-dir':
        settings.dataDir = readPath(name, value())
        break
      case '--cni-cache-dir':
        settings.cacheDir = readPath(name, value())
        break
      case '--runtime-dir':
        runtimeDirs.push(readPath(name, value()))
        break
      case '--garbage-grace':
        settings.graceSeconds = readNumber(name, value(), 86_400)
        break
      case '--allow-uid':
        users.push(readNumber(name, value(), lastUser))
        break
      default:
        throw new UsageError(`there is no argument ${JSON.stringify(arg)}`)
    }
  }
  if (socket === undefined) throw new UsageError('--socket is missing')
  return { socket, users: users.length > 0 ? users : [0], settings: { ...settings, runtimeDirs } }
}

/** An absolute path without a slash at its end. */
function readPath(name: string, text: string): string {
  let path = text
  while (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1)
  if (!path.startsWith('/') || path === '/')
    throw new UsageError(`${name} ${JSON.stringify(text)}: must be an absolute path, and not the root`)
  return path
}

/** The highest number means "nobody" to the kernel. */
const lastUser = 2 ** 32 - 2

function readNumber(name: string, text: string, most: number): number {
  const number = Number(text)
  if (String(number) !== text || !Number.isInteger(number) || number < 0 || number > most)
    throw new UsageError(`${name} ${JSON.stringify(text)}: must be a whole number from 0 to ${most}`)
  return number
}
