import { Client, type ServiceDefinition, credentials } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

/** What a kubelet asks for a pod: the fields that the tests use. */
export interface SandboxConfig {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly attempt: number
  }
  readonly hostname: string
  readonly logDirectory: string
  readonly labels: Readonly<Record<string, string>>
  readonly linux: { readonly cgroupParent: string }
  readonly portMappings?: readonly {
    readonly protocol: 'TCP' | 'UDP'
    readonly containerPort: number
    readonly hostPort: number
  }[]
  readonly annotations?: Readonly<Record<string, string>>
}

export interface SandboxStatus {
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY'
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null
}

/** `NetworkReady` is what a kubelet makes the Node's readiness of. */
export interface RuntimeCondition {
  readonly type: string
  readonly status: boolean
  readonly message: string
}

const service = 'runtime.v1.RuntimeService'
const deadlineMs = 60_000

/** A kubelet's side of the Container Runtime Interface, over a runtime's socket. Errors are gRPC's. */
export class CriClient implements Disposable {
  readonly #client: Client
  readonly #methods: ServiceDefinition

  /** `protoFile`: the interface's own definition. */
  constructor(socket: string, protoFile: string) {
    const loaded = loadSync(protoFile, { longs: Number, enums: String, defaults: true })
    this.#methods = loaded[service] as ServiceDefinition
    this.#client = new Client(`unix:${socket}`, credentials.createInsecure())
  }

  [Symbol.dispose](): void {
    this.#client.close()
  }

  async #call<T>(name: string, request: object): Promise<T> {
    const method = this.#methods[name]
    if (method === undefined) throw new Error(`${service} has no ${name}`)
    const deadline = new Date(Date.now() + deadlineMs)
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<object, T>(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        { deadline },
        (error, answer) => {
          if (answer === undefined) reject(error ?? new Error(`${name}: no answer`))
          else resolve(answer)
        },
      )
    })
  }

  /** Waits for a server that is about to come. @throws Error after `timeoutMs` */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + timeoutMs, (error) => (error ? reject(error) : resolve()))
    })
  }

  version(): Promise<{ readonly runtimeName: string; readonly runtimeVersion: string }> {
    return this.#call('Version', {})
  }

  async conditions(): Promise<readonly RuntimeCondition[]> {
    const { status } = await this.#call<{
      readonly status: { readonly conditions: readonly RuntimeCondition[] }
    }>('Status', {})
    return status.conditions
  }

  /** Resolves to the sandbox's id. */
  async runSandbox(config: SandboxConfig): Promise<string> {
    const { podSandboxId } = await this.#call<{ readonly podSandboxId: string }>('RunPodSandbox', { config })
    return podSandboxId
  }

  async sandboxStatus(podSandboxId: string): Promise<SandboxStatus> {
    const { status } = await this.#call<{ readonly status: SandboxStatus }>('PodSandboxStatus', {
      podSandboxId,
    })
    return status
  }

  async stopSandbox(podSandboxId: string): Promise<void> {
    await this.#call('StopPodSandbox', { podSandboxId })
  }

  async removeSandbox(podSandboxId: string): Promise<void> {
    await this.#call('RemovePodSandbox', { podSandboxId })
  }

  async sandboxes(): Promise<readonly string[]> {
    const { items } = await this.#call<{ readonly items: readonly { readonly id: string }[] }>(
      'ListPodSandbox',
      {},
    )
    return items.map(({ id }) => id)
  }

  /** Starts a container in a sandbox, of an image that the runtime has. Resolves to its id. */
  async startContainer(
    podSandboxId: string,
    sandboxConfig: SandboxConfig,
    {
      name,
      image,
      command,
    }: { readonly name: string; readonly image: string; readonly command: readonly string[] },
  ): Promise<string> {
    const { containerId } = await this.#call<{ readonly containerId: string }>('CreateContainer', {
      podSandboxId,
      sandboxConfig,
      config: { metadata: { name, attempt: 0 }, image: { image }, command, linux: {} },
    })
    await this.#call('StartContainer', { containerId })
    return containerId
  }

  /** Runs a program in a container to its end. */
  async exec(
    containerId: string,
    cmd: readonly string[],
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
    const { exitCode, stdout, stderr } = await this.#call<{
      readonly exitCode: number
      readonly stdout: Buffer
      readonly stderr: Buffer
    }>('ExecSync', { containerId, cmd, timeout: 30 })
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
  }
}
