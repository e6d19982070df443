import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BuildOptions, type Plugin, build } from 'esbuild'
import { withMemoryImage } from './memory-image.ts'

const root = join(import.meta.dirname, '../..')
const hostFolder = join(root, 'cni/host')
const targetFolder = join(hostFolder, 'target')
const moduleFolder = join(targetFolder, 'js')

export interface BuildCniOptions {
  /** Where the executable goes; replaced atomically, so that one that is running is not disturbed. */
  readonly outFile: string
  /** Takes what the compilers say, line by line. */
  readonly log: (line: string) => void
}

/**
 * Builds the node binary: esbuild bundles `cni/main.ts` into modules, `cni/host/build.rs` compiles those to bytecode,
 * cargo links them into one static executable without a path of this machine in it. That runs once, to be given the
 * memory of a program that has started (`cni/host/src/image.rs`). Nothing is compiled twice when nothing changed. Needs
 * cargo and a C compiler; the first build fetches the crates of `cni/host/Cargo.lock`.
 */
export async function buildCni(options: BuildCniOptions): Promise<void> {
  const modules = await bundleNodeBinary()
  await writeModules(modules)
  const target = await hostTarget()
  await run('cargo', ['build', '--release', '--locked', '--target', target], {
    environment: {
      CARGO_TARGET_DIR: targetFolder,
      PODWAY_BUNDLE_HASH: bundleHash(modules),
      CARGO_ENCODED_RUSTFLAGS: [
        '-Ctarget-feature=+crt-static',
        // At fixed addresses, as Go's executables are: to move one to others takes a tenth of its start.
        '-Crelocation-model=static',
        // It enters at its own first instruction, and no C library's start-up code runs before that.
        '-Clink-arg=-nostartfiles',
        ...withoutPaths().map(([from, to]) => `--remap-path-prefix=${from}=${to}`),
      ].join('\x1f'),
      CFLAGS: [
        ...withoutPaths().map(([from, to]) => `-ffile-prefix-map=${from}=${to}`),
        // All of the engine's functions are its own, so it need not call itself by way of a table, and can inline.
        '-fvisibility=hidden',
        '-fno-semantic-interposition',
        // There is no C library: some compilers' own default is to guard stacks and strings by its help.
        '-fno-stack-protector',
        '-U_FORTIFY_SOURCE',
        // On 64-bit ARM, to ask the C library at the start which instructions the processor has.
        ...(target.startsWith('aarch64') ? ['-mno-outline-atomics'] : []),
      ].join(' '),
    },
    log: options.log,
  })
  const program = join(targetFolder, target, 'release/podway-cni')
  await install(withMemoryImage(await readFile(program), await memoryImage(program)), options.outFile)
}

/** What the program's memory holds when its scripting engine has started: it prints that itself. */
function memoryImage(program: string): Promise<Uint8Array> {
  const options = { env: {}, encoding: 'buffer', maxBuffer: 64 << 20 } as const
  return new Promise((resolve, reject) => {
    execFile(program, ['--memory-image'], options, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${error.message}: ${stdout.toString()}`))
    })
  })
}

/** Folders of this machine, and what stands in the executable instead. */
function withoutPaths(): readonly (readonly [string, string])[] {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo')
  return [
    [cargoHome, '/cargo'],
    [hostFolder, '/podway-cni'],
  ]
}

/** Leaves dynamic imports alone: each of them names another bundle. */
const bundlesApart: Plugin = {
  name: 'bundles-apart',
  setup(builder) {
    builder.onResolve({ filter: /\.ts$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.js`, external: true } : undefined,
    )
  },
}

/** A module of the node binary, as esbuild makes it. */
export interface NodeModule {
  readonly name: string
  readonly text: string
}

/** The verbs that the memory image has, with `main.js`: see `cni/host/src/image.rs`. */
const carried: readonly string[] = ['ptp-add', 'ptp-add-whole', 'ptp-del', 'ptp-del-whole']

/**
 * `main.js`, and one module for each verb of each plugin, which has all that the verb needs: what they share is in the
 * binary several times, but none reads what only another one uses. Those that the memory image has, where nothing is read,
 * share modules. In the order of their names.
 */
export async function bundleNodeBinary(): Promise<readonly NodeModule[]> {
  const verbs = (await readdir(join(root, 'cni/verbs'))).map((file) => basename(file, '.ts')).sort()
  const alone = verbs.filter((verb) => !carried.includes(verb))
  const files = await Promise.all([
    bundle(['cni/main.ts', ...carried.map(verbFile)], { splitting: true, chunkNames: 'shared-[hash]' }),
    bundle(alone.map(verbFile), {}),
  ])
  return files.flat().sort((a, b) => (a.name < b.name ? -1 : 1))
}

const verbFile = (verb: string): string => `cni/verbs/${verb}.ts`

async function bundle(
  entryPoints: readonly string[],
  options: Pick<BuildOptions, 'splitting' | 'chunkNames'>,
): Promise<readonly NodeModule[]> {
  const result = await build({
    ...options,
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    entryNames: '[name]',
    outdir: moduleFolder,
    bundle: true,
    plugins: [bundlesApart],
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    minify: true,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  })
  return result.outputFiles.map(({ path, text }) => ({ name: basename(path), text }))
}

/** What `podway-cni --build-info` tells of its modules: equal exactly for equal names and texts. */
export function bundleHash(modules: readonly NodeModule[]): string {
  return createHash('sha256').update(JSON.stringify(modules)).digest('hex')
}

/** Files are written only where they change: cargo goes by their times. */
async function writeModules(modules: readonly NodeModule[]): Promise<void> {
  await mkdir(moduleFolder, { recursive: true })
  const wanted = new Set(modules.map(({ name }) => name))
  for (const name of await readdir(moduleFolder)) {
    if (!wanted.has(name)) await rm(join(moduleFolder, name))
  }
  for (const { name, text } of modules) {
    const file = join(moduleFolder, name)
    const present = await readFile(file, 'utf8').catch(() => undefined)
    if (present !== text) await writeFile(file, text)
  }
}

/** The target triple that this Rust compiles for by itself. Naming it keeps the flags away from build scripts. */
async function hostTarget(): Promise<string> {
  const lines: string[] = []
  await run('rustc', ['-vV'], { environment: {}, log: (line) => lines.push(line) })
  const host = lines.find((line) => line.startsWith('host: '))
  if (host === undefined) throw new Error('`rustc -vV` names no host target')
  return host.slice('host: '.length)
}

async function install(content: Uint8Array, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  const temporary = `${to}.${process.pid}.tmp`
  try {
    await writeFile(temporary, content)
    await chmod(temporary, 0o755)
    await rename(temporary, to)
  } finally {
    await rm(temporary, { force: true })
  }
}

interface RunOptions {
  readonly environment: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

/** Runs a compiler in `cni/host`: cargo looks for its configuration from the working directory upwards. */
function run(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: hostFolder,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', options.log)
    child.on('error', (error) => {
      reject(new Error(`cannot run ${command}: ${error.message}. The node binary needs Rust 1.87 or newer.`))
    })
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ${args.join(' ')} failed with code ${String(code)}`))
    })
  })
}
