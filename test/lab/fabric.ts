import { EventEmitter, once } from 'node:events'
import { type Family, parseAddress } from '../../net/address.ts'
import {
  type FabricProgram,
  commandsBetween,
  emptyProgram,
  legName,
  nodeLinkLocal,
  programFor,
  routerLinkLocal,
  voidDevice,
} from './fabric-program.ts'
import { type FabricState, type Port, versionOf } from './fabric-state.ts'
import { ipBatch, writeSysctls } from './namespace.ts'
import { mustRun } from './run.ts'

/** Where the other end of a cable goes: a device to be made in a named network namespace. */
export interface Jack {
  readonly namespace: string
  readonly device: string
}

/**
 * What the host's defaults, which a new namespace inherits, could spoil: replies come from where the tables say, and where
 * several ports share a route, the hash that chooses is of the connection (policy 1), not of its addresses alone.
 */
const sysctls = {
  'net/ipv4/ip_forward': 1,
  'net/ipv6/conf/all/forwarding': 1,
  'net/ipv4/conf/all/rp_filter': 0,
  'net/ipv4/conf/default/rp_filter': 0,
  'net/ipv4/conf/all/send_redirects': 0,
  'net/ipv4/conf/default/send_redirects': 0,
  'net/ipv4/fib_multipath_hash_policy': 1,
  'net/ipv6/fib_multipath_hash_policy': 1,
}

/** A cable whose other end takes nothing: without ARP, what is sent there is for nobody. (Not every kernel has `dummy`.) */
const voidLinks = [
  `link add ${voidDevice} type veth peer name ${voidDevice}-end`,
  `link set ${voidDevice} addrgenmode none arp off up`,
  `link set ${voidDevice}-end addrgenmode none arp off up`,
]

/**
 * The cloud's routers, in one: a network namespace that forwards as the cloud's rules say and nothing else. It holds no
 * opinion and no time: it obeys the last state it was given, and says which one that is.
 *
 * Changes are made one after another in the order of the calls; a state that differs in one route costs one route.
 */
export class Fabric {
  readonly namespace: string
  readonly #plugged = new Set<string>()
  /** Emits each version when it is applied. */
  readonly #events = new EventEmitter().setMaxListeners(0)
  #state: FabricState = { ports: [], tables: [] }
  #version: string | undefined
  #program: FabricProgram = emptyProgram
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(namespace: string) {
    this.namespace = namespace
  }

  /** Makes the router in a network namespace of that name, with no cable and no route. */
  static async create(namespace = 'fabric'): Promise<Fabric> {
    await mustRun({ file: 'ip', args: ['netns', 'add', namespace] })
    await Promise.all([writeSysctls(namespace, sysctls), ipBatch(namespace, voidLinks)])
    return new Fabric(namespace)
  }

  /** The version of the state that the kernel forwards by now; undefined before the first. */
  get version(): string | undefined {
    return this.#version
  }

  /** Resolves with the state's version when packets follow it. */
  apply(state: FabricState): Promise<string> {
    return this.#next(async () => {
      this.#state = state
      await this.#reprogram()
      this.#version = versionOf(state)
      this.#events.emit(this.#version)
      return this.#version
    })
  }

  /**
   * Resolves when packets follow that version, at once if they do now. A version that was overtaken before it was
   * applied never comes: ask for what was just read, or use {@link apply}.
   * @throws AbortError, with the signal's reason as its cause
   */
  async applied(version: string, signal: AbortSignal): Promise<void> {
    if (this.#version !== version) await once(this.#events, version, { signal })
  }

  /**
   * Reads and applies, again and again with a pause, until the signal. A failed read changes nothing and is handed to
   * `onError`: an API that throttles or is down leaves a network forwarding as it did. `pause` may reject when the signal
   * comes.
   */
  async follow(options: {
    readonly read: () => Promise<FabricState>
    readonly pause: () => Promise<unknown>
    readonly signal: AbortSignal
    readonly onError?: (error: unknown) => void
  }): Promise<void> {
    const ended = (): boolean => options.signal.aborted
    while (!ended()) {
      try {
        const state = await options.read()
        if (versionOf(state) !== this.#version) await this.apply(state)
      } catch (error) {
        options.onError?.(error)
      }
      try {
        await options.pause()
      } catch (error) {
        if (!ended()) throw error
      }
    }
  }

  /**
   * Lays the cable of a port and configures its far end as DHCP would: the port's addresses as /32 and /128, since even
   * the subnet's neighbours are reached by the router, and default routes to it.
   * @throws Error for a port that the applied state doesn't know
   */
  plug(portId: string, jack: Jack): Promise<void> {
    return this.#next(async () => {
      const port = this.#state.ports.find(({ id }) => id === portId)
      if (port === undefined)
        throw new Error(`the fabric knows no port ${portId}: apply a state that has it first`)
      await ipBatch(undefined, [
        `link add name ${legName(portId)} netns ${this.namespace} type veth peer name ${jack.device} netns ${jack.namespace}`,
      ])
      await Promise.all([
        ipBatch(this.namespace, routerEnd(port)),
        ipBatch(jack.namespace, nodeEnd(port, jack.device)),
      ])
      this.#plugged.add(portId)
      await this.#reprogram()
    })
  }

  /**
   * Takes the cable away, both ends of it; every route to the port drops from then on. Idempotent. Before the machine goes:
   * a cable that vanished with its machine is one that the router can't be told to leave.
   */
  unplug(portId: string): Promise<void> {
    return this.#next(async () => {
      if (!this.#plugged.delete(portId)) return
      await this.#reprogram()
      await ipBatch(this.namespace, [`link del ${legName(portId)}`])
    })
  }

  /** Takes the router away with all its cables. */
  close(): Promise<void> {
    return this.#next(async () => {
      await mustRun({ file: 'ip', args: ['netns', 'del', this.namespace] })
    })
  }

  async #reprogram(): Promise<void> {
    const program = programFor(this.#state, this.#plugged)
    const commands = commandsBetween(this.#program, program)
    await Promise.all(([4, 6] as const).map((family) => ipBatch(this.namespace, commands[family], family)))
    this.#program = program
  }

  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return result
  }
}

// Addresses that need no duplicate-address detection, and no others: nothing here waits for a second to pass.
function routerEnd(port: Port): readonly string[] {
  const leg = legName(port.id)
  return [
    `link set ${leg} addrgenmode none`,
    ...port.gateways.map((address) => addAddress(address, leg)),
    `addr add ${routerLinkLocal}/64 dev ${leg} nodad`,
    `link set ${leg} up`,
  ]
}

function nodeEnd(port: Port, device: string): readonly string[] {
  const families = new Set(port.addresses.map(familyOf))
  return [
    `link set ${device} addrgenmode none`,
    ...port.addresses.map((address) => addAddress(address, device)),
    `addr add ${nodeLinkLocal}/64 dev ${device} nodad`,
    `link set ${device} up`,
    ...port.gateways
      .filter((address) => families.has(familyOf(address)))
      .map((address) =>
        familyOf(address) === 4
          ? `route add 0.0.0.0/0 via ${address} dev ${device} onlink`
          : `route add ::/0 via ${routerLinkLocal} dev ${device}`,
      ),
  ]
}

const familyOf = (address: string): Family => parseAddress(address).family

const addAddress = (address: string, device: string): string =>
  familyOf(address) === 6
    ? `addr add ${address}/128 dev ${device} nodad`
    : `addr add ${address}/32 dev ${device}`
