import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extract } from 'tar-stream'
import { ensureFolder, defaultCacheDir } from '../../test/install/cache-folder.ts'
import { runCommand, tail } from '../../test/install/command.ts'
import { debFiles } from '../../test/install/debian-packages.ts'
import { type Entry, file } from './entry.ts'
import type { Architecture } from './layout.ts'
import { type DebianPackage, debianPackages } from './lock.ts'

const suite = 'bookworm'

/** An apt that knows one architecture and nothing of this machine's packages; `work` gets what begins its command lines. */
async function withApt<T>(
  architecture: Architecture,
  work: (apt: (program: string, ...args: readonly string[]) => Promise<string>, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'podway-apt-'))
  try {
    for (const part of ['lists/partial', 'cache', 'files'])
      await mkdir(join(folder, part), { recursive: true })
    const settings = [
      'APT::Sandbox::User=root',
      `APT::Architecture=${architecture}`,
      `APT::Architectures=${architecture}`,
      `Dir::State::lists=${join(folder, 'lists')}`,
      `Dir::State::status=/dev/null`,
      `Dir::Cache=${join(folder, 'cache')}`,
    ].flatMap((setting) => ['-o', setting])
    const apt = async (program: string, ...args: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runCommand(program, [...settings, '-q', ...args], {
        environment: { ...process.env, LC_ALL: 'C' },
        folder: join(folder, 'files'),
      })
      if (exitCode === 0) return stdout
      const why = tail(stderr === '' ? stdout : stderr)
      throw new Error(
        `the images need packages of Debian ${suite} (${architecture}), and ${program} failed:\n${why}`,
      )
    }
    await apt('apt-get', 'update')
    return await work(apt, join(folder, 'files'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The newest versions, as Debian's signed index has them. */
export const newestPackages = (architecture: Architecture): Promise<readonly DebianPackage[]> =>
  withApt(architecture, async (apt) =>
    Promise.all(
      debianPackages.map(async (name) => {
        const text = await apt('apt-cache', 'show', '--no-all-versions', `${name}:${architecture}`)
        const field = (key: string): string => {
          const value = new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1]
          if (value === undefined) throw new Error(`Debian's index has no ${key} of ${name}`)
          return value
        }
        return { name, version: field('Version'), sha256: field('SHA256') }
      }),
    ),
  )

/**
 * What those packages have, to be laid under an image: without documentation, but with the licences; /bin, /lib and
 * /sbin are in /usr, as Debian's installer makes them. No script of a package runs.
 *
 * @throws Error if a package can't be had, or is not the one that the lock names
 */
export async function debianEntries(
  architecture: Architecture,
  packages: readonly DebianPackage[],
  log: (line: string) => void,
): Promise<readonly Entry[]> {
  const folder = join(
    defaultCacheDir(process.env),
    `image-debian-${architecture}-${createHash('sha256').update(JSON.stringify(packages)).digest('hex').slice(0, 12)}`,
  )
  await ensureFolder(folder, {
    what: `the images' packages of Debian (${architecture})`,
    isUsable: async (one) => (await present(one, packages)).length === packages.length,
    make: (partial) => download(partial, architecture, packages),
    log,
  })
  const entries: Entry[] = []
  for (const { path, name } of await present(folder, packages)) {
    entries.push(...(await unpack(path)))
    // Where scanners of images without a package manager look for what is in them.
    entries.push(file(`var/lib/dpkg/status.d/${name}`, await controlOf(path)))
  }
  return [...entries.filter(isWanted), ...certificates(entries), ...usrMerge(architecture)]
}

async function download(
  folder: string,
  architecture: Architecture,
  packages: readonly DebianPackage[],
): Promise<void> {
  await withApt(architecture, async (apt, files) => {
    await apt(
      'apt-get',
      'download',
      ...packages.map(({ name, version }) => `${name}:${architecture}=${version}`),
    )
    for (const path of await debFiles(files)) {
      const sha256 = await hashOf(path)
      const known = packages.find((one) => one.sha256 === sha256)
      if (known === undefined) throw new Error(`${path} is not what deploy/image.lock names: ${sha256}`)
      await copyFile(path, join(folder, `${sha256}.deb`))
    }
  })
}

/** Those of the packages whose files are there and whole. */
async function present(
  folder: string,
  packages: readonly DebianPackage[],
): Promise<readonly (DebianPackage & { readonly path: string })[]> {
  const found = packages.map((one) => ({ ...one, path: join(folder, `${one.sha256}.deb`) }))
  const hashes = await Promise.all(found.map(({ path }) => hashOf(path).catch(() => undefined)))
  return found.filter(({ sha256 }, i) => hashes[i] === sha256)
}

const hashOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

/** @throws Error if it is no package */
async function unpack(path: string): Promise<readonly Entry[]> {
  const child = spawn('dpkg-deb', ['--fsys-tarfile', path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close') as Promise<[number | null]>
  const archive = child.stdout.pipe(extract())
  const entries: Entry[] = []
  const links: { readonly path: string; readonly to: string }[] = []
  for await (const part of archive) {
    const { header } = part
    const chunks: Uint8Array[] = []
    for await (const chunk of part) chunks.push(chunk)
    const name = inUsr(clean(header.name))
    if (name === '') continue
    const mode = (header.mode ?? 0o755) & 0o7777
    switch (header.type) {
      case 'file':
        entries.push({ kind: 'file', path: name, mode, content: Buffer.concat(chunks) })
        break
      case 'directory':
        entries.push({ kind: 'folder', path: name, mode })
        break
      case 'symlink':
        entries.push({ kind: 'link', path: name, target: header.linkname ?? '' })
        break
      case 'link':
        links.push({ path: name, to: inUsr(clean(header.linkname ?? '')) })
        break
      case 'block-device':
      case 'character-device':
      case 'contiguous-file':
      case 'fifo':
      case 'gnu-long-link-path':
      case 'gnu-long-path':
      case 'pax-global-header':
      case 'pax-header':
      case null:
      case undefined:
        throw new Error(`${path} has something at ${name} that is no file, folder or link`)
    }
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`${path} could not be unpacked`)
  for (const { path: at, to } of links) {
    const original = entries.find((one) => one.path === to)
    if (original !== undefined) entries.push({ ...original, path: at })
  }
  return entries
}

async function controlOf(path: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand('dpkg-deb', ['--field', path], {
    environment: process.env,
  })
  if (exitCode !== 0) throw new Error(`${path} has no description:\n${tail(stderr)}`)
  return `${stdout.trimEnd()}\n`
}

const clean = (path: string): string => path.replace(/^\.?\//, '').replace(/\/$/, '')
const inUsr = (path: string): string => path.replace(/^(bin|sbin|lib|lib64)(?=\/|$)/, 'usr/$1')

/** Converters of character sets, and what a debugger or a person would read, are not for a program that is alone. */
const unwanted =
  /^usr\/share\/(?!doc\/[^/]+\/copyright$|doc(\/[^/]+)?$|common-licenses)|^usr\/lib\/[^/]+\/gconv|^usr\/share\/ca-certificates|^etc\/(update-motd\.d|profile\.d)|^usr\/s?bin\/|^(home|root|proc|sys|boot|dev|run|srv|mnt|media|opt|var\/(?!lib\/dpkg))/
const isWanted = ({ kind, path }: Entry): boolean => kind !== 'folder' && !unwanted.test(path)

/** What `update-ca-certificates` makes. */
function certificates(entries: readonly Entry[]): readonly Entry[] {
  const authorities = entries
    .filter((one) => one.kind === 'file')
    .filter(({ path }) => path.startsWith('usr/share/ca-certificates/mozilla/') && path.endsWith('.crt'))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  if (authorities.length === 0) throw new Error('ca-certificates has no certificates')
  const text = authorities.map(({ content }) => new TextDecoder().decode(content).trimEnd()).join('\n')
  return [file('etc/ssl/certs/ca-certificates.crt', `${text}\n`)]
}

const usrMerge = (architecture: Architecture): readonly Entry[] => {
  const names = ['bin', 'lib', 'sbin', ...(architecture === 'amd64' ? ['lib64'] : [])]
  return names.flatMap((name) => [
    { kind: 'folder', path: `usr/${name}`, mode: 0o755 },
    { kind: 'link', path: name, target: `usr/${name}` },
  ])
}
