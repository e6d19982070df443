import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as passed } from 'node:timers/promises'
import { CriClient, type SandboxConfig } from './cri-client.ts'
import { toolsImage, toolsImageName } from './image.ts'
import type { Runtimes } from './install.ts'
import { Pod } from './pod.ts'
import type { RuntimeNode } from './runtime-node.ts'

const socket = '/run/containerd/containerd.sock'

/**
 * As on a node, but for what a test machine may withhold: no limit above our own is asked for, and there is no AppArmor.
 */
const config = `
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.tracing"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${toolsImageName}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`

/** containerd on a node, and a client of it. It may be killed and started again; its pods live on meanwhile. */
export class Containerd {
  readonly #node: RuntimeNode
  readonly #runtimes: Runtimes
  #daemon: ChildProcess | undefined
  #client: CriClient | undefined

  private constructor(node: RuntimeNode, runtimes: Runtimes) {
    this.#node = node
    this.#runtimes = runtimes
  }

  /** Resolves when it can run pods. */
  static async start(
    node: RuntimeNode,
    runtimes: Runtimes,
    podCidrs: readonly string[],
  ): Promise<Containerd> {
    const containerd = new Containerd(node, runtimes)
    await node.write('/etc/containerd/config.toml', config)
    await node.configure(podCidrs)
    await containerd.resume()
    const image = await node.writeRun('tools.tar', toolsImage(await readFile(runtimes.busybox)))
    for (const namespace of ['k8s.io', 'default'])
      await node.mustExec(['ctr', '-n', namespace, 'images', 'import', image])
    return containerd
  }

  /** Starts the daemon again after {@link kill}. */
  async resume(): Promise<void> {
    this.#daemon = await this.#node.start(['containerd'])
    this.#client = new CriClient(this.#node.path(socket), this.#runtimes.criProto)
    await this.#client.ready(60_000)
    await this.#initialized(this.#client)
  }

  /** It listens before it knows its pods. */
  async #initialized(client: CriClient): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.sandboxes()
        return
      } catch (error) {
        if (attempt === 1000 || !String(error).includes('server is not initialized yet')) throw error
        await passed(20)
      }
    }
  }

  /** By SIGKILL; resolves when it has ended. */
  async kill(): Promise<void> {
    this.#client?.[Symbol.dispose]()
    const daemon = this.#daemon
    if (daemon?.exitCode !== null || daemon.signalCode !== null) return
    const ended = once(daemon, 'exit')
    daemon.kill('SIGKILL')
    await ended
  }

  runPod(name: string, fields: Partial<SandboxConfig> = {}): Promise<Pod> {
    return Pod.run(() => this.cri, name, fields)
  }

  /** As a kubelet does with sandboxes that it does not want: all but these. */
  async removeAll(wanted: readonly Pod[] = []): Promise<void> {
    const ids = await this.cri.sandboxes()
    for (const id of ids.filter((one) => !wanted.some((pod) => pod.id === one))) {
      await this.cri.stopSandbox(id)
      await this.cri.removeSandbox(id)
    }
  }

  get cri(): CriClient {
    if (this.#client === undefined) throw new Error('unreachable: a started containerd has a client')
    return this.#client
  }
}
