import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** A mounted tree of control groups: one of version 1 for each set of controllers, or the one of version 2. */
interface Hierarchy {
  /** `memory`; empty for version 2 alone. */
  readonly name: string
  readonly type: 'cgroup' | 'cgroup2'
  /** Mount options that name its controllers: `memory`, `name=systemd`. */
  readonly options: string
}

const root = '/sys/fs/cgroup'
const prefix = 'podway-runtimes-'

/** What a runtime makes once, to put its containers' groups in, and keeps; and ours. */
const shelves: ReadonlySet<string> = new Set([
  '/daemons',
  '/default',
  '/k8s.io',
  '/libpod_parent',
  '/libpod_parent/conmon',
])

/**
 * A group of our own in every hierarchy. What is started in it stays below it, whatever it makes there: it can be
 * counted, ended and cleared away without asking the runtime, and no other group of the machine is touched.
 */
export class ControlGroups {
  readonly #name: string
  readonly #hierarchies: readonly Hierarchy[]

  private constructor(name: string, hierarchies: readonly Hierarchy[]) {
    this.#name = name
    this.#hierarchies = hierarchies
  }

  /**
   * Clears away what was left by runs that were killed: groups outlive the world that made them. Not what is younger than
   * a minute, which another run may be about to enter.
   */
  static make(now = Date.now()): ControlGroups {
    const groups = new ControlGroups(`${prefix}${now}-${randomUUID().slice(0, 8)}`, readHierarchies())
    const isStale = (name: string): boolean =>
      name.startsWith(prefix) && Number.parseInt(name.slice(prefix.length), 10) < now - 60_000
    for (const hierarchy of groups.#hierarchies) {
      const folder = join(root, hierarchy.name)
      const stale = readdirSync(folder).filter(isStale)
      for (const group of stale.flatMap((name) => [...foldersBelow(join(folder, name)), join(folder, name)]))
        removeGroup(group)
      const ours = join(folder, groups.#name)
      mkdirSync(ours)
      // A new group of version 1 may use no processor and no memory node until it is told which.
      for (const file of ['cpuset.cpus', 'cpuset.mems'])
        if (hierarchy.type === 'cgroup' && existsSync(join(ours, file)))
          writeFileSync(join(ours, file), readFileSync(join(folder, file), 'utf8'))
    }
    return groups
  }

  /** The files into which a process writes its id to be in it, as they are seen from outside. */
  get outside(): readonly string[] {
    return this.#hierarchies.map(({ name }) => join(root, name, this.#name, 'cgroup.procs'))
  }

  /**
   * The same after {@link mountScript}. Version 2 gives its controllers only to groups whose parent has no process of its
   * own, so there it is a group below.
   */
  get inside(): readonly string[] {
    return this.#hierarchies.map(({ name, type }) =>
      join(root, name, name === '' && type === 'cgroup2' ? 'daemons/cgroup.procs' : 'cgroup.procs'),
    )
  }

  /** In a mount namespace and the groups' own control group namespace: our groups as if they were all there is. */
  get mountScript(): string {
    const alone = this.#hierarchies.length === 1 && this.#hierarchies[0]?.name === ''
    if (alone) return `mount -t cgroup2 cgroup2 ${root}\nmkdir -p ${root}/daemons`
    const links = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink())
    return [
      `mount -t tmpfs -o mode=755 cgroup ${root}`,
      ...this.#hierarchies.flatMap(({ name, type, options }) => [
        `mkdir ${join(root, name)}`,
        `mount -t ${type} ${type === 'cgroup' ? `-o ${options} ` : ''}${type} ${join(root, name)}`,
      ]),
      ...links.map(({ name }) => `ln -s ${readlinkSync(join(root, name))} ${join(root, name)}`),
    ].join('\n')
  }

  /** Every process in our groups and those below. */
  processes(): readonly number[] {
    const found = this.#hierarchies.flatMap(({ name }) => processesBelow(join(root, name, this.#name)))
    return [...new Set(found)]
  }

  /** The groups that were made for containers, by path: what a runtime has not taken away. */
  groupsBelow(): readonly string[] {
    return this.#hierarchies.flatMap(({ name }) => {
      const ours = join(root, name, this.#name)
      return foldersBelow(ours)
        .filter((folder) => !shelves.has(folder.slice(ours.length)))
        .map((folder) => `${name}${folder.slice(ours.length)}`)
    })
  }

  /** Ends every process but those, and removes the groups below ours. */
  async clear(except: readonly number[] = []): Promise<void> {
    const others = (): readonly number[] => this.processes().filter((pid) => !except.includes(pid))
    for (let left = others(); left.length > 0; left = others()) {
      for (const pid of left) endProcess(pid)
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const { name } of this.#hierarchies)
      for (const group of foldersBelow(join(root, name, this.#name))) removeGroup(group)
  }

  /** Ends every process, and removes the groups. */
  async remove(): Promise<void> {
    await this.clear()
    for (const { name } of this.#hierarchies) removeGroup(join(root, name, this.#name))
  }
}

/** One sentence that says why {@link ControlGroups.make} can't work here; undefined if it can. */
export function whyNoControlGroups(): string | undefined {
  const hierarchies = readHierarchies()
  if (hierarchies.length === 0)
    return `Container runtimes need control groups, and none are mounted on ${root}.`
  const name = `${prefix}trial`
  try {
    for (const hierarchy of hierarchies) {
      mkdirSync(join(root, hierarchy.name, name), { recursive: true })
      removeGroup(join(root, hierarchy.name, name))
    }
    return undefined
  } catch (error) {
    return `Container runtimes need to make control groups, which root of the whole machine may: ${(error as Error).message}`
  }
}

/** From the mount table; without those that are not below the usual folder. */
function readHierarchies(): readonly Hierarchy[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line): readonly Hierarchy[] => {
      const [, folder = '', type = '', options = ''] = line.split(' ')
      if ((type !== 'cgroup' && type !== 'cgroup2') || !`${folder}/`.startsWith(`${root}/`)) return []
      const controllers = options.split(',').filter((option) => !general.has(option))
      return [{ name: folder.slice(root.length + 1), type, options: controllers.join(',') }]
    })
}

const general: ReadonlySet<string> = new Set([
  ...['rw', 'ro', 'relatime', 'noatime', 'nosuid', 'nodev', 'noexec', 'xattr', 'clone_children'],
  ...['nsdelegate', 'memory_recursiveprot'],
])

const foldersBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .flatMap((below) => [...foldersBelow(below), below])

const processesBelow = (folder: string): readonly number[] =>
  [folder, ...foldersBelow(folder)].flatMap((group) =>
    readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
  )

/** A group that has processes stays, and so do those above it. */
function removeGroup(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['EBUSY', 'ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** By SIGKILL; one that has just ended by itself is no error. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
