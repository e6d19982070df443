import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { type Finished, type Command, type RunOptions, mustRun, run } from './run.ts'
import { ipBatch, writeSysctls } from './namespace.ts'

/** As a fresh machine has it, whatever the host's own settings are, which a new namespace would inherit. */
const sysctls = {
  'net/ipv4/ip_forward': 0,
  'net/ipv6/conf/all/forwarding': 0,
}

/**
 * Mounts that make a machine of a network namespace. The host's /var/lib stays reachable by links, since a checkout may
 * lie there, but /var/lib/cni is the machine's own: machines that share it share the addresses of their pods. So is
 * /run/netns, as on a node where a container runtime keeps the pods' namespaces.
 */
const mountScript = `
set -e
mount --rbind /var/lib "$1"
mount -t tmpfs -o mode=755 var-lib /var/lib
for entry in "$1"/*; do [ "$entry" = "$1/cni" ] || ln -s "$entry" /var/lib/; done
umount -R -l /run/netns 2>/dev/null || true
mount -t tmpfs -o mode=755 netns /run/netns
echo ready
read -r _
`

/**
 * One instance of the VPC: a network namespace of its name and a mount namespace. Neither needs a process to live, so an
 * idle machine is no process; both end with {@link remove}, or with the world.
 */
export class Machine {
  readonly name: string
  /** Keeps the mount namespace alive, and names it to `nsenter`, as long as this process lives. */
  readonly #mounts: number

  private constructor(name: string, mounts: number) {
    this.name = name
    this.#mounts = mounts
  }

  /** Makes the machine: loopback up, forwarding off, no network yet. Names are file names; taken ones are refused. */
  static async boot(name: string): Promise<Machine> {
    await mustRun({ file: 'ip', args: ['netns', 'add', name] })
    const [mounts] = await Promise.all([
      openMounts(name),
      ipBatch(name, ['link set lo up']),
      writeSysctls(name, sysctls),
    ])
    return new Machine(name, mounts)
  }

  /**
   * The command that runs another one on this machine, in the root network namespace or in a pod's. It starts in `/`:
   * give absolute paths.
   */
  command(argv: readonly string[], pod?: string): Command {
    const enter = [`--mount=/proc/${process.pid}/fd/${this.#mounts}`, `--net=/run/netns/${this.name}`, '--']
    // A pod's namespace has its name on the machine only, so it can be opened only from there.
    const enterPod = pod === undefined ? [] : ['nsenter', `--net=/run/netns/${pod}`, '--']
    return { file: 'nsenter', args: [...enter, ...enterPod, ...argv] }
  }

  /** Runs a program on this machine; its exit code is the caller's to judge. */
  exec(argv: readonly string[], options: RunOptions & { readonly pod?: string } = {}): Promise<Finished> {
    return run(this.command(argv, options.pod), options)
  }

  /**
   * Makes a pod's network namespace as a container runtime does: named, with loopback up and nothing else.
   * Resolves to its path, which is good on this machine only.
   */
  async createPodNamespace(pod: string): Promise<string> {
    await mustRun(this.command(['sh', '-c', 'ip netns add "$1" && ip -n "$1" link set lo up', 'sh', pod]))
    return `/run/netns/${pod}`
  }

  async deletePodNamespace(pod: string): Promise<void> {
    await mustRun(this.command(['ip', 'netns', 'del', pod]))
  }

  /** Ends both namespaces and the pods' with them. Processes on it are the caller's to end first. */
  async remove(): Promise<void> {
    closeSync(this.#mounts)
    await mustRun({ file: 'ip', args: ['netns', 'del', this.name] })
  }
}

/**
 * A descriptor of a new mount namespace. Held open, not bind-mounted to a file as `unshare --mount=FILE` would: the
 * kernel refuses (EINVAL) a namespace whose id is not above that of the one it is mounted in, and Linux 6.18 gives out
 * ids in an order of their own on every CPU, so that this fails now and then.
 */
async function openMounts(name: string): Promise<number> {
  const hostVarLib = `/run/machines/${name}/host-var-lib`
  await mkdir(hostVarLib, { recursive: true })
  const child = spawn('unshare', ['--mount', 'sh', '-c', mountScript, 'sh', hostVarLib])
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('close', () => reject(new Error(`machine ${name}: its mounts failed: ${said.trim()}`)))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdout.once('data', () => {
      // The shell still waits for its input: its namespace is there to be opened.
      resolve(openSync(`/proc/${child.pid ?? 0}/ns/mnt`, 'r'))
      child.stdin.end()
    })
  })
}
