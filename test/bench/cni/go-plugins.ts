import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { areExecutable, defaultCacheDir, ensureFolder } from '../../install/cache-folder.ts'
import { runCommand, tail } from '../../install/command.ts'

const version = 'v1.9.1'
const modulePath = 'github.com/containernetworking/plugins'
const packages = [
  'plugins/main/ptp',
  'plugins/main/loopback',
  'plugins/main/bridge',
  'plugins/main/macvlan',
  'plugins/main/ipvlan',
  'plugins/ipam/host-local',
  'plugins/ipam/static',
  'plugins/meta/portmap',
  'plugins/meta/bandwidth',
] as const
const programs = packages.map((path) => basename(path))

/**
 * As upstream's scripts/release.sh builds what it ships: without cgo, symbols and debug information not stripped. Only
 * -trimpath is ours, so that the result does not depend on where it was built.
 */
const buildFlags = [
  '-trimpath',
  `-ldflags=-extldflags -static -X ${modulePath}/pkg/utils/buildversion.BuildVersion=${version}`,
] as const

/** The reference plugins, built. */
export interface GoPlugins {
  /** Holds `ptp`, `host-local` and the others: what CNI_PATH names. */
  readonly folder: string
  /** `v1.9.1` */
  readonly version: string
  /** `go1.26.8` */
  readonly compiler: string
}

export interface GoPluginsOptions {
  readonly log: (line: string) => void
  /** Where Go, its settings and the cache folder are looked up. */
  readonly environment: NodeJS.ProcessEnv
}

/**
 * Builds the reference plugins that ours stands in for from their published module, once for each version, compiler and
 * set of flags, into the user's cache folder. Idempotent; without a network if they are there already.
 *
 * @throws Error that says in a sentence what is missing (Go, a writable folder, the Go modules)
 */
export async function ensureGoPlugins({ environment, log }: GoPluginsOptions): Promise<GoPlugins> {
  const compiler = await findCompiler(environment)
  const folder = join(defaultCacheDir(environment), installName(compiler))
  await ensureFolder(folder, {
    what: `the CNI plugins ${version}`,
    isUsable: (there) => areExecutable(...programs.map((program) => join(there, program))),
    make: async (partial) => {
      log(`the CNI plugins ${version}: building with ${compiler.name}, once on this machine`)
      await install(partial, environment)
    },
    log,
  })
  return { folder, version, compiler: compiler.name }
}

interface Compiler {
  /** `go1.26.8` */
  readonly name: string
  /** `linux-amd64` */
  readonly target: string
}

async function findCompiler(environment: NodeJS.ProcessEnv): Promise<Compiler> {
  const { exitCode, stdout } = await runCommand('go', ['env', 'GOVERSION', 'GOHOSTOS', 'GOHOSTARCH'], {
    environment,
  })
  const [name = '', os = '', arch = ''] = stdout.split('\n')
  if (exitCode !== 0)
    throw new Error(`The CNI plugins ${version} are built with Go; there is no working go on the PATH.`)
  return { name, target: `${os}-${arch}` }
}

/** Depends on everything that makes one build differ from another. */
export function installName({ name, target }: Compiler): string {
  const digest = createHash('sha256')
    .update([...buildFlags, ...packages].join('\0'))
    .digest('hex')
    .slice(0, 8)
  return `cni-plugins-${version}-${digest}-${name}-${target}`.replaceAll(/[^a-zA-Z0-9.-]/g, '_')
}

async function install(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const { GOOS: _os, GOARCH: _arch, ...rest } = environment
  const built = await runCommand(
    'go',
    ['install', ...buildFlags, ...packages.map((path) => `${modulePath}/${path}@${version}`)],
    // Flags of the user's must not change what is measured.
    { environment: { ...rest, GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '' } },
  )
  if (built.exitCode !== 0)
    throw new Error(
      `the CNI plugins ${version} could not be built (is the Go module proxy reachable?):\n${tail(built.stderr)}`,
    )
}
