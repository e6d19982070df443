import { readFile } from 'node:fs/promises'
import type { Finished } from '../lab/run.ts'
import { toolsImage, toolsImageName } from './image.ts'
import type { Runtimes } from './install.ts'
import type { RuntimeNode } from './runtime-node.ts'

/** No limit above our own is asked for, there is no journal, and control groups are made without systemd. */
const containersConf = `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "cni"
cni_plugin_dirs = ["/opt/cni/bin"]
`

const storageConf = `
[storage]
driver = "overlay"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
`

const settings: Readonly<Record<string, string>> = {
  'containers.conf': containersConf,
  'storage.conf': storageConf,
  'policy.json': JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }),
  'registries.conf': '',
}

/** podman on a node: no daemon, so nothing runs between its calls but the containers and their monitors. */
export class Podman {
  readonly #node: RuntimeNode

  private constructor(node: RuntimeNode) {
    this.#node = node
  }

  /** With our network under the name `podway`, and these plugins of others behind ours. */
  static async prepare(
    node: RuntimeNode,
    runtimes: Runtimes,
    podCidrs: readonly string[],
    chained: readonly object[] = [],
  ): Promise<Podman> {
    for (const [name, text] of Object.entries(settings)) await node.write(`/etc/containers/${name}`, text)
    await node.configure(podCidrs)
    if (chained.length > 0) await node.chain(chained)
    const podman = new Podman(node)
    const image = await node.writeRun('tools.tar', toolsImage(await readFile(runtimes.busybox)))
    await podman.must('load', '--quiet', '--input', image)
    return podman
  }

  exec(...args: readonly string[]): Promise<Finished> {
    return this.#node.exec(['podman', ...args])
  }

  /** @throws CommandFailed */
  async must(...args: readonly string[]): Promise<string> {
    return (await this.#node.mustExec(['podman', ...args])).trimEnd()
  }

  /** Starts a container that stays, in our network. */
  async start(
    name: string,
    options: readonly string[] = [],
    command: readonly string[] = [],
  ): Promise<PodmanContainer> {
    const where = ['--network', 'podway', '--name', name]
    await this.must('run', '--detach', ...where, ...options, toolsImageName, ...command)
    return new PodmanContainer(this, name)
  }
}

export class PodmanContainer implements AsyncDisposable {
  readonly #podman: Podman
  readonly #name: string

  constructor(podman: Podman, name: string) {
    this.#podman = podman
    this.#name = name
  }

  /** As podman tells them, IPv4 first. */
  async addresses(): Promise<readonly string[]> {
    const format = '{{json .NetworkSettings.Networks.podway}}'
    const told = await this.#podman.must('inspect', '--format', format, this.#name)
    const { IPAddress, GlobalIPv6Address } = JSON.parse(told) as {
      readonly IPAddress: string
      readonly GlobalIPv6Address: string
    }
    return [IPAddress, GlobalIPv6Address].filter((address) => address !== '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#podman.must('rm', '--force', '--time', '0', this.#name)
  }
}
