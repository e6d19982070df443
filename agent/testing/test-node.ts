import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { binary } from '../../cni/testing/binary.ts'
import { Machine } from '../../test/lab/machine.ts'
import { mustRun } from '../../test/lab/run.ts'
import { LoggingProcess, podway } from './agent-process.ts'

/** A machine with both halves of the agent as processes of their own. Folders are its own; they go with it. */
export class AgentNode implements AsyncDisposable {
  readonly name: string
  readonly machine: Machine
  readonly folder = mkdtempSync(join(tmpdir(), 'podway-node-'))
  readonly socket = join(this.folder, 'serve.sock')
  readonly binDir = join(this.folder, 'bin')
  readonly confDir = join(this.folder, 'net.d')
  readonly dataDir = join(this.folder, 'networks')
  agent: LoggingProcess | undefined
  #server: LoggingProcess | undefined

  private constructor(name: string, machine: Machine) {
    this.name = name
    this.machine = machine
  }

  static async boot(name: string): Promise<AgentNode> {
    return new AgentNode(name, await Machine.boot(name))
  }

  async startServer(): Promise<void> {
    const folders = ['--cni-bin-dir', this.binDir, '--cni-conf-dir', this.confDir, '--data-dir', this.dataDir]
    this.#server = new LoggingProcess(
      this.machine.command([binary(), 'serve', '--socket', this.socket, ...folders]),
    )
    await this.#server.logged('listening')
  }

  stopServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return this.#server?.stop(signal) ?? Promise.resolve(null)
  }

  /** The agent in the machine's own network, which has a way to the API server of that URL. */
  startAgent(apiServer: string, ...flags: readonly string[]): LoggingProcess {
    const kubeconfig = join(this.folder, 'kubeconfig')
    const config = new KubeConfig()
    config.loadFromClusterAndUser({ name: 'c', server: apiServer, skipTLSVerify: true }, { name: 'u' })
    writeFileSync(kubeconfig, config.exportConfig())
    const usual = ['--node-name', this.name, '--socket', this.socket, '--kubeconfig', kubeconfig]
    // As deploy/manifests/agent.yaml has it.
    const env = { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=64', MALLOC_ARENA_MAX: '1' }
    this.agent = new LoggingProcess(this.machine.command([...podway('agent', ...usual), ...flags]), env)
    return this.agent
  }

  /** What was taken away, as a person reads it. */
  uninstall(): Promise<string> {
    return mustRun(this.machine.command(podway('agent', 'uninstall', '--socket', this.socket)))
  }

  /** The runtime's configuration, as a runtime reads it. */
  configuration(file = '05-podway.conflist'): ConfigurationList {
    return JSON.parse(readFileSync(join(this.confDir, file), 'utf8')) as ConfigurationList
  }

  /** As a runtime adds a pod, by a configuration in its folder, from the executables in theirs: its addresses. */
  async addPod(pod: string, file?: string): Promise<readonly string[]> {
    const netns = await this.machine.createPodNamespace(pod)
    const { cniVersion, name, plugins } = this.configuration(file)
    const { code, stderr, stdout } = await this.machine.exec([join(this.binDir, 'podway-cni')], {
      stdin: JSON.stringify({ ...plugins[0], name, cniVersion }),
      env: {
        PATH: process.env.PATH,
        CNI_COMMAND: 'ADD',
        CNI_CONTAINERID: pod,
        CNI_NETNS: netns,
        CNI_IFNAME: 'eth0',
        CNI_PATH: this.binDir,
      },
    })
    if (code !== 0) throw new Error(`ADD of ${pod} failed: ${stdout}${stderr}`)
    const { ips } = JSON.parse(stdout) as { readonly ips: readonly { readonly address: string }[] }
    return ips.map(({ address }) => address.split('/')[0] ?? '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent?.stop('SIGKILL')
    await this.stopServer('SIGKILL')
    await this.machine.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface ConfigurationList {
  readonly cniVersion: string
  readonly name: string
  readonly plugins: readonly (Readonly<Record<string, unknown>> & {
    readonly type: string
    readonly ipam: { readonly ranges: readonly (readonly { readonly subnet: string }[])[] }
  })[]
}
