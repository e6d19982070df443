import type { CriClient, SandboxConfig } from './cri-client.ts'
import { toolsImageName } from './image.ts'

/** What a kubelet says of a pod with this name. */
export const sandboxConfig = (name: string, fields: Partial<SandboxConfig> = {}): SandboxConfig => ({
  metadata: { name, namespace: 'default', uid: `uid-of-${name}`, attempt: 0 },
  hostname: name,
  logDirectory: '/run/pod-logs',
  labels: {},
  linux: { cgroupParent: '' },
  ...fields,
})

/** A pod as the kubelet has it: a sandbox, and a container in it when one is needed. */
export class Pod implements AsyncDisposable {
  readonly id: string
  readonly #cri: () => CriClient
  readonly #config: SandboxConfig
  #container: string | undefined

  private constructor(cri: () => CriClient, id: string, config: SandboxConfig) {
    this.#cri = cri
    this.id = id
    this.#config = config
  }

  /** `cri` is asked at every call: the runtime may have been started anew. */
  static async run(cri: () => CriClient, name: string, fields: Partial<SandboxConfig> = {}): Promise<Pod> {
    const config = sandboxConfig(name, fields)
    return new Pod(cri, await cri().runSandbox(config), config)
  }

  /** As the runtime tells the kubelet: the first is the pod's `podIP`. */
  async addresses(): Promise<readonly string[]> {
    const { network } = await this.#cri().sandboxStatus(this.id)
    return network === null || network.ip === ''
      ? []
      : [network.ip, ...network.additionalIps.map(({ ip }) => ip)]
  }

  async state(): Promise<string> {
    return (await this.#cri().sandboxStatus(this.id)).state
  }

  /** Runs a program in a container of the pod; resolves to what it said and how it ended. */
  async exec(...command: readonly string[]): Promise<{ readonly exitCode: number; readonly stdout: string }> {
    this.#container ??= await this.#cri().startContainer(this.id, this.#config, {
      name: 'tools',
      image: toolsImageName,
      command: ['tail', '-f', '/dev/null'],
    })
    const { exitCode, stdout, stderr } = await this.#cri().exec(this.#container, command)
    return { exitCode, stdout: `${stdout}${stderr}` }
  }

  stop(): Promise<void> {
    return this.#cri().stopSandbox(this.id)
  }

  /** As the kubelet does: stop, then remove. Both may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#cri().removeSandbox(this.id)
  }
}
