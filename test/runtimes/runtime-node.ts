import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type MachineSnapshot, type RunningProcess, snapshotMachine } from '../lab/leftovers.ts'
import { Machine } from '../lab/machine.ts'
import { type Command, type Finished, CommandFailed, type RunOptions, run } from '../lab/run.ts'
import { conflist } from './conflist.ts'
import { ControlGroups } from './cgroups.ts'
import type { Runtimes } from './install.ts'

/** What a container runtime finds on a node: Debian's packages laid over /usr, folders of its own elsewhere. */
const mountScript = (groups: ControlGroups): string => `
set -e
usr=$1 shared=$2
mount --make-rshared /
mount -t overlay -o "lowerdir=$usr:/usr" overlay /usr
mkdir "$shared/etc" "$shared/etc-work"
mount -t overlay -o "lowerdir=/etc,upperdir=$shared/etc,workdir=$shared/etc-work" overlay /etc
mount -t tmpfs -o mode=755 opt /opt
mkdir -p /opt/cni/bin /etc/cni/net.d /etc/containerd /etc/containers
rm -f /var/lib/containerd /var/lib/containers
mkdir /var/lib/containerd /var/lib/containers
mkdir "$shared/run"
mount --bind "$shared/run" /run
mkdir -p /run/netns -m 755 /run/lock
mkdir -m 1777 /run/tmp
mount -t tmpfs --make-shared -o mode=755 netns /run/netns
${groups.mountScript}
`

/**
 * A machine of the lab on which container runtimes run as on a node, with all their usual paths: nothing of the system's
 * own /etc, /opt, /run, /usr and /var/lib is changed. Whatever is started on it is in control groups of its own, so that
 * nothing outlives {@link remove}.
 */
export class RuntimeNode {
  readonly machine: Machine
  readonly groups: ControlGroups
  readonly #namespace: number
  readonly #shared: string

  private constructor(machine: Machine, groups: ControlGroups, namespace: number, shared: string) {
    this.machine = machine
    this.groups = groups
    this.#namespace = namespace
    this.#shared = shared
  }

  static async boot(name: string, runtimes: Runtimes): Promise<RuntimeNode> {
    const groups = ControlGroups.make()
    await mkdir('/run/runtime-nodes', { recursive: true })
    const shared = await mkdtemp(`/run/runtime-nodes/${name}-`)
    const node = new RuntimeNode(await Machine.boot(name), groups, await openGroups(groups), shared)
    const mount = ['sh', '-c', mountScript(groups), 'sh', runtimes.usr, shared]
    const mounted = await run(node.#enter(mount))
    if (mounted.code !== 0) throw new CommandFailed({ file: `mounts of ${name}`, args: [] }, mounted)
    return node
  }

  /** The command that runs another one here, in the node's own control groups: as {@link Machine.command}. */
  command(argv: readonly string[]): Command {
    const join = 'for file in $0; do echo $$ > "$file"; done; exec "$@"'
    return this.#enter(['sh', '-c', join, this.groups.inside.join(' '), ...argv])
  }

  #enter(argv: readonly string[]): Command {
    return this.machine.command([
      ...['nsenter', `--cgroup=/proc/${process.pid}/fd/${this.#namespace}`, '--'],
      ...argv,
    ])
  }

  /** Runs a program to its end; its exit code is the caller's to judge. */
  exec(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return run(this.command(argv), options)
  }

  /** Runs a program that must succeed; resolves to what it printed. @throws CommandFailed */
  async mustExec(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const command = this.command(argv)
    const finished = await run(command, options)
    if (finished.code !== 0) throw new CommandFailed({ file: argv.join(' '), args: [] }, finished)
    return finished.stdout
  }

  /** Starts a program that stays. What it says goes to a file of the node's /run, named after it. */
  async start(argv: readonly string[]): Promise<ChildProcess> {
    const { file, args } = this.command(argv)
    const log = openSync(this.path(`/run/${(argv[0] ?? '').replaceAll('/', '-')}.log`), 'a')
    const child = spawn(file, args, { stdio: ['ignore', log, log] })
    closeSync(log)
    await once(child, 'spawn')
    return child
  }

  /** A file of the node's /run or /etc, as it is to be found from outside. */
  path(inside: string): string {
    return join(this.#shared, inside)
  }

  async write(inside: string, content: string | Buffer): Promise<void> {
    await this.mustExec(['sh', '-c', 'mkdir -p "${1%/*}" && cat > "$1"', 'sh', inside], {
      stdin: content.toString(),
    })
  }

  /** What a runtime or a plugin could leave behind: also processes, and control groups. */
  async snapshot(): Promise<MachineSnapshot> {
    const { machine, things } = await snapshotMachine(this.machine)
    return {
      machine,
      things: [
        ...things,
        ...numbered(this.processes().map(({ command }) => `process ${command}`)),
        ...this.groups.groupsBelow().map((group) => `control group ${group}`),
      ],
    }
  }

  /** Every process that was started here, with its children: with its command line, which is empty for one that ended. */
  processes(): readonly RunningProcess[] {
    return this.groups.processes().flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return [{ pid, command }]
      } catch {
        return []
      }
    })
  }

  /** Puts a program where runtimes look for plugins. */
  async installPlugin(file: string, name: string): Promise<void> {
    const staged = this.path(`/run/${name}.staged`)
    await copyFile(file, staged)
    await this.mustExec(['mv', `/run/${name}.staged`, `/opt/cni/bin/${name}`])
  }

  /** Lays a configuration as an installer does: complete under a name that no runtime reads, then renamed. */
  async configure(content: string): Promise<void> {
    await this.write('/etc/cni/net.d/.podway.partial', content)
    await this.mustExec(['mv', '/etc/cni/net.d/.podway.partial', '/etc/cni/net.d/10-podway.conflist'])
  }

  /** Calls the plugin's GC, as no runtime here does: only these containers' `eth0` remain. */
  async collectGarbage(containers: readonly string[]): Promise<void> {
    const config = {
      ...(JSON.parse(conflist({ podCidrs: [] })) as { readonly plugins: readonly object[] }).plugins[0],
      cniVersion: '1.1.0',
      name: 'podway',
      'cni.dev/valid-attachments': containers.map((containerID) => ({ containerID, ifname: 'eth0' })),
    }
    await this.mustExec(['env', 'CNI_COMMAND=GC', 'CNI_PATH=/opt/cni/bin', '/opt/cni/bin/podway-cni'], {
      stdin: JSON.stringify(config),
    })
  }

  /** The addresses that are reserved, as host-local's files have them. */
  async reservations(): Promise<readonly string[]> {
    const listed = await this.mustExec(['sh', '-c', 'ls /var/lib/cni/networks/podway 2>/dev/null || true'])
    return listed
      .split('\n')
      .filter((name) => name !== '' && !/^(lock|last_reserved_ip\.|podway\.)/.test(name))
  }

  /** The host's ends of the pods' interfaces. */
  async hostInterfaces(): Promise<readonly string[]> {
    const listed = JSON.parse(
      (await this.mustExec(['ip', '-j', 'link', 'show', 'type', 'veth'])) || '[]',
    ) as readonly { readonly ifname: string }[]
    return listed.map(({ ifname }) => ifname)
  }

  /** A file to be read on the node. */
  async writeRun(name: string, content: Buffer): Promise<string> {
    await writeFile(this.path(`/run/${name}`), content)
    return `/run/${name}`
  }

  /** Ends every process on it, and takes the rest away. */
  async remove(): Promise<void> {
    await this.groups.remove()
    closeSync(this.#namespace)
    await this.machine.remove()
  }
}

/** Equal lines get numbers: a process that was started anew is the same thing, two of them are more than one. */
function numbered(lines: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return lines.map((line) => {
    const count = (seen.get(line) ?? 0) + 1
    seen.set(line, count)
    return count === 1 ? line : `${line} (${count})`
  })
}

/** A descriptor of a control group namespace whose root are these groups, held as {@link Machine} holds its mounts. */
async function openGroups(groups: ControlGroups): Promise<number> {
  const script = `for file in "$@"; do echo $$ > "$file"; done; exec unshare --cgroup sh -c 'echo ready; read -r _'`
  const child = spawn('sh', ['-e', '-c', script, 'sh', ...groups.outside])
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('close', () => reject(new Error(`the node's control groups failed: ${said.trim()}`)))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdout.once('data', () => {
      const namespace = openSync(`/proc/${child.pid ?? 0}/ns/cgroup`, 'r')
      child.once('exit', () => resolve(namespace))
      child.stdin.end()
    })
  })
}
