import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { protocolVersion } from '../../cni/serve/protocol.ts'
import { binary } from '../../cni/testing/binary.ts'
import { TestClient } from '../../cni/testing/server.ts'
import type { IpLink } from '../../cni/testing/world.ts'
import { type MachineSnapshot, type RunningProcess, snapshotMachine } from '../lab/leftovers.ts'
import { Machine } from '../lab/machine.ts'
import { type Command, type Finished, CommandFailed, type RunOptions, run } from '../lab/run.ts'
import { ControlGroups } from './cgroups.ts'
import type { Runtimes } from './install.ts'
import { NodeAgent } from './node-agent.ts'

/** Where containerd has a folder for each container that the kubelet asked for. */
const kubeletsContainers = '/run/containerd/io.containerd.runtime.v2.task/k8s.io'
const serveSocket = '/run/podway-serve.sock'

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

/** A plugin of a list, as far as its list is changed here. */
export interface ListedPlugin {
  readonly type?: string
  readonly capabilities?: Readonly<Record<string, boolean>>
}

/**
 * A machine of the lab on which container runtimes run as on a node, with all their usual paths: nothing of the system's
 * own /etc, /opt, /run, /usr and /var/lib is changed. Whatever is started on it is in control groups of its own, so that
 * nothing outlives {@link remove}.
 */
export class RuntimeNode {
  readonly machine: Machine
  readonly #groups: ControlGroups
  readonly #namespace: number
  readonly #shared: string
  readonly #daemons: ChildProcess[] = []
  #server: ChildProcess | undefined
  #serve: TestClient | undefined
  #agent: NodeAgent | undefined

  private constructor(machine: Machine, groups: ControlGroups, namespace: number, shared: string) {
    this.machine = machine
    this.#groups = groups
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
    return this.#enter(['sh', '-c', join, this.#groups.inside.join(' '), ...argv])
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
    const log = openSync(this.path(`/run/${basename(argv[0] ?? '')}.log`), 'a')
    const child = spawn(file, args, { stdio: ['ignore', log, log] })
    closeSync(log)
    await once(child, 'spawn')
    this.#daemons.push(child)
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
        ...this.#groups.groupsBelow().map((group) => `control group ${group}`),
      ],
    }
  }

  /** Every process that was started here, with its children: with its command line, which is empty for one that ended. */
  processes(): readonly RunningProcess[] {
    return this.#groups.processes().flatMap((pid) => {
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

  /** Starts `podway-cni serve` with its default folders, also after {@link killServe}; resolves when it listens. */
  async startServe(): Promise<void> {
    const executable = '/run/podway-cni'
    if (this.#server === undefined) {
      await this.writeRun('podway-cni', await readFile(binary()))
      await this.mustExec(['chmod', '755', executable])
    }
    // What looks like garbage twice is garbage, without the usual minutes between.
    const garbage = ['--garbage-grace', '0', '--runtime-dir', kubeletsContainers]
    this.#server = await this.start([executable, 'serve', '--socket', serveSocket, ...garbage])
    const client = await connectSoon(this.path(serveSocket))
    client.end()
  }

  /** By SIGKILL; resolves when it has ended. */
  async killServe(): Promise<void> {
    if (this.#server === undefined) throw new Error('podway-cni serve has not been started')
    const ended = once(this.#server, 'exit')
    this.#server.kill('SIGKILL')
    await ended
  }

  /** Has the executable laid where runtimes look for it, by `podway-cni serve` alone. */
  async install(): Promise<void> {
    if (this.#serve === undefined) {
      await this.startServe()
      this.#serve = await connectSoon(this.path(serveSocket))
      await this.#serve.ask('hello', { protocol: protocolVersion })
    }
    await this.#serve.ask('cni.install', {})
  }

  /** Starts both halves of the agent, in place of {@link install}: whatever is laid then, `podway agent` has laid. */
  async startAgent(): Promise<void> {
    await this.startServe()
    this.#agent = await NodeAgent.start(this)
  }

  /** The half that knows the Node. */
  get agent(): NodeAgent {
    if (this.#agent === undefined) throw new Error('podway agent has not been started')
    return this.#agent
  }

  /** Has the configuration laid for the Node's podCIDRs. {@link install} or {@link startAgent} comes before. */
  async configure(podCidrs: readonly string[]): Promise<void> {
    if (this.#agent === undefined) await this.#serve?.ask('cni.configure', { podCidrs })
    else await this.#agent.assign(podCidrs)
  }

  /** Puts others' plugins behind ours, as an administrator does: what they are able to, ours is not asked for. */
  async chain(plugins: readonly ListedPlugin[]): Promise<void> {
    const list = await this.configuration()
    const theirs = new Set(plugins.flatMap(({ capabilities = {} }) => Object.keys(capabilities)))
    const before = list.plugins.map(({ capabilities = {}, ...plugin }) => ({
      ...plugin,
      capabilities: Object.fromEntries(Object.entries(capabilities).filter(([name]) => !theirs.has(name))),
    }))
    await this.layByHand({ ...list, plugins: [...before, ...plugins] })
  }

  /** Lays another configuration at the same place. */
  async layByHand(list: object): Promise<void> {
    const folder = '/etc/cni/net.d'
    await this.write(`${folder}/.partial`, JSON.stringify(list))
    await this.mustExec(['mv', `${folder}/.partial`, `${folder}/05-podway.conflist`])
  }

  /** The configuration that is laid. */
  async configuration(): Promise<{ readonly plugins: readonly ListedPlugin[] }> {
    return JSON.parse(await this.mustExec(['cat', '/etc/cni/net.d/05-podway.conflist'])) as {
      readonly plugins: readonly ListedPlugin[]
    }
  }

  /** As the agent asks for it now and then; so often that everything is found that there is. */
  async collectGarbage(): Promise<void> {
    for (let look = 0; look < 4; look++) await this.#serve?.ask('garbage.collect', {})
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
    const links = JSON.parse(await this.mustExec(['ip', '-j', 'link'])) as readonly IpLink[]
    return links.map(({ ifname }) => ifname).filter((name) => /^veth[0-9a-f]{8}$/.test(name))
  }

  /** A file to be read on the node. */
  async writeRun(name: string, content: Buffer): Promise<string> {
    await writeFile(this.path(`/run/${name}`), content)
    return `/run/${name}`
  }

  /** Ends what runs besides what {@link start} has started, and takes control groups away. */
  async endStrays(): Promise<void> {
    await this.#groups.clear(this.#daemons.flatMap(({ pid }) => pid ?? []))
  }

  /** Ends every process on it, and takes the rest away. */
  async remove(): Promise<void> {
    this.#serve?.end()
    await this.#agent?.[Symbol.asyncDispose]()
    await this.#groups.remove()
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

/** Connects to a server that has just been started. */
async function connectSoon(path: string): Promise<TestClient> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect(path)
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined)).once('error', resolve)
    })
    if (error === undefined) return new TestClient(socket)
    if (attempt === 500) throw error
    await passed(20)
  }
}
