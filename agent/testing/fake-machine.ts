import type {
  Changed,
  FoundConfiguration,
  Garbage,
  KernelLink,
  NetworkSettings,
  NodeRules,
  ServeFailure,
} from '../../cni/serve/protocol.ts'
import { type ReceivedRequest, SocketServer } from './socket-server.ts'

const ourFile = '05-podway.conflist'
const pluginNames = ['podway-cni', 'loopback', 'ptp', 'host-local']

/** A machine that only remembers, behind a real socket. It does what protocol.ts says, and what a test does to it. */
export class FakeMachine implements AsyncDisposable {
  readonly server = new SocketServer((request) => this.#answer(request))
  /** Names of our executable in the plugins' folder. */
  plugins = new Set<string>()
  /** What we have laid. */
  settings: NetworkSettings | undefined
  /** Configurations of others, that runtimes would read. */
  others: FoundConfiguration[] = []
  /** Whose pods go on under ours. */
  takenOver: string | undefined
  rules: NodeRules | undefined
  addresses: readonly string[] = []
  links: readonly KernelLink[] = [{ name: 'eth0', isUp: true, addresses: ['10.0.1.5/24'] }]
  garbage: Garbage[] = []
  bootId = 'boot-1'
  /** What the operation answers instead. */
  readonly failures = new Map<string, ServeFailure>()

  get socket(): string {
    return this.server.path
  }

  /** Names of the operations so far, without `hello`. */
  get operations(): readonly string[] {
    return this.server.received.map(({ operation }) => operation).filter((name) => name !== 'hello')
  }

  async start(): Promise<this> {
    await this.server.start()
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }

  #answer({ operation, parameters }: ReceivedRequest): object {
    const failure = this.failures.get(operation)
    if (failure !== undefined) return { error: failure }
    return { result: this.#carryOut(operation, parameters) }
  }

  #carryOut(operation: string, parameters: unknown): object {
    switch (operation) {
      case 'hello':
        return { protocol: 1, version: '0.0.0', bootId: this.bootId }
      case 'cni.inspect':
        return { configurations: this.#configurations(), plugins: [...this.plugins] }
      case 'cni.install': {
        const missing = pluginNames.filter((name) => !this.plugins.has(name))
        this.plugins = new Set(pluginNames)
        return changes(missing.map((name) => `installed /opt/cni/bin/${name}`))
      }
      case 'cni.configure':
        return this.#configure(parameters as NetworkSettings)
      case 'cni.uninstall':
        return this.#uninstall()
      case 'rules.set':
        return changes(this.#replace('rules', parameters as NodeRules))
      case 'addresses.hold':
        return changes(this.#replace('addresses', (parameters as { addresses: readonly string[] }).addresses))
      case 'routes.list':
        return { routes: [], links: this.links }
      case 'garbage.collect': {
        const collected = this.garbage
        this.garbage = []
        return { collected }
      }
      case 'routes.watch':
        return {}
      case 'routes.inspect':
        return { networkd: 'absent' }
      case 'routes.apply':
        return {
          outcomes: (parameters as { changes: readonly unknown[] }).changes.map(() => ({ result: 'done' })),
        }
      default:
        throw new Error(`there is no operation ${operation}`)
    }
  }

  #replace<K extends 'rules' | 'addresses'>(what: K, wanted: this[K]): readonly string[] {
    if (JSON.stringify(this[what]) === JSON.stringify(wanted)) return []
    this[what] = wanted
    return [`set ${what}`]
  }

  #configurations(): readonly FoundConfiguration[] {
    const ours: FoundConfiguration[] =
      this.settings === undefined
        ? []
        : [
            {
              file: ourFile,
              isOurs: true,
              name: 'podway',
              types: ['podway-cni'],
              ranges: this.settings.podCidrs,
            },
          ]
    return [...this.others, ...ours].sort((a, b) => (a.file < b.file ? -1 : 1))
  }

  #configure({ takeOver, ...wanted }: NetworkSettings): Changed {
    const changed: string[] = []
    if (JSON.stringify(wanted) !== JSON.stringify(this.settings)) changed.push(`laid ${ourFile}`)
    this.settings = wanted
    if (takeOver !== undefined) this.takenOver = takeOver
    return changes(changed)
  }

  #uninstall(): Changed {
    const isThere = this.settings !== undefined || this.plugins.size > 0
    this.takenOver = undefined
    this.settings = undefined
    this.plugins.clear()
    this.rules = undefined
    this.addresses = []
    return changes(isThere ? [`removed ${ourFile}`, 'removed /opt/cni/bin/podway-cni'] : [])
  }
}

const changes = (changed: readonly string[]): Changed => ({ changed })
