import { EventEmitter, once } from 'node:events'
import { parseAddress } from '../../net/address.ts'
import {
  type FabricProgram,
  commandsBetween,
  emptyProgram,
  gatewaysOf,
  legName,
  nodeLinkLocal,
  programFor,
  routerLinkLocal,
} from './fabric-program.ts'
import { ipBatch, writeSysctls } from './namespace.ts'
import { mustRun } from './run.ts'
import { type Eni, type Subnet, type VpcState, versionOf } from './vpc-state.ts'

/** Where the other end of a cable goes: a device to be made in a named network namespace. */
export interface Jack {
  readonly namespace: string
  readonly device: string
}

/** What the host's defaults, which a new namespace inherits, could spoil: replies come from where the tables say. */
const sysctls = {
  'net/ipv4/ip_forward': 1,
  'net/ipv6/conf/all/forwarding': 1,
  'net/ipv4/conf/all/rp_filter': 0,
  'net/ipv4/conf/default/rp_filter': 0,
  'net/ipv4/conf/all/send_redirects': 0,
  'net/ipv4/conf/default/send_redirects': 0,
}

/**
 * The VPC's router: a network namespace that forwards what the VPC's API says and nothing else. It holds no opinion and
 * no time: it obeys the last state it was given, and says which one that is.
 *
 * Changes are made one after another in the order of the calls; a state that differs in one route costs one route.
 */
export class Fabric {
  readonly namespace: string
  readonly #plugged = new Set<string>()
  /** Emits each version when it is applied. */
  readonly #events = new EventEmitter().setMaxListeners(0)
  #state: VpcState = { cidrs: [], subnets: [], enis: [], tables: [] }
  #version: string | undefined
  #program: FabricProgram = emptyProgram
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(namespace: string) {
    this.namespace = namespace
  }

  /** Makes the router in a network namespace of that name, with no cable and no route. */
  static async create(namespace = 'fabric'): Promise<Fabric> {
    await mustRun({ file: 'ip', args: ['netns', 'add', namespace] })
    await writeSysctls(namespace, sysctls)
    return new Fabric(namespace)
  }

  /** The version of the state that the kernel forwards by now; undefined before the first. */
  get version(): string | undefined {
    return this.#version
  }

  /** Resolves with the state's version when packets follow it. */
  apply(state: VpcState): Promise<string> {
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
   * `onError`: an API that throttles or is down leaves a VPC forwarding as it did. `pause` may reject when the signal
   * comes.
   */
  async follow(options: {
    readonly read: () => Promise<VpcState>
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
   * Lays the cable of an ENI and configures its far end as DHCP would: the ENI's addresses as /32 and /128, since even
   * the subnet's neighbours are reached by the router, and default routes to it.
   * @throws Error for an ENI that the applied state doesn't know
   */
  plug(eniId: string, jack: Jack): Promise<void> {
    return this.#next(async () => {
      const eni = this.#state.enis.find(({ id }) => id === eniId)
      const subnet = this.#state.subnets.find(({ id }) => id === eni?.subnetId)
      if (eni === undefined || subnet === undefined)
        throw new Error(`the fabric knows no ENI ${eniId}: apply a state that has it first`)
      await ipBatch(undefined, [
        `link add name ${legName(eniId)} netns ${this.namespace} type veth peer name ${jack.device} netns ${jack.namespace}`,
      ])
      await Promise.all([
        ipBatch(this.namespace, routerEnd(eni, subnet)),
        ipBatch(jack.namespace, nodeEnd(eni, subnet, jack.device)),
      ])
      this.#plugged.add(eniId)
      await this.#reprogram()
    })
  }

  /**
   * Takes the cable away, both ends of it; every route to the ENI drops from then on. Idempotent. Before the machine goes:
   * a cable that vanished with its machine is one that the router can't be told to leave.
   */
  unplug(eniId: string): Promise<void> {
    return this.#next(async () => {
      if (!this.#plugged.delete(eniId)) return
      await this.#reprogram()
      await ipBatch(this.namespace, [`link del ${legName(eniId)}`])
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
function routerEnd(eni: Eni, subnet: Subnet): readonly string[] {
  const leg = legName(eni.id)
  return [
    `link set ${leg} addrgenmode none`,
    ...gatewaysOf(subnet).map(({ address }) => addAddress(address, leg)),
    `addr add ${routerLinkLocal}/64 dev ${leg} nodad`,
    `link set ${leg} up`,
  ]
}

function nodeEnd(eni: Eni, subnet: Subnet, device: string): readonly string[] {
  const families = new Set(eni.addresses.map((text) => parseAddress(text).family))
  return [
    `link set ${device} addrgenmode none`,
    ...eni.addresses.map((address) => addAddress(address, device)),
    `addr add ${nodeLinkLocal}/64 dev ${device} nodad`,
    `link set ${device} up`,
    ...gatewaysOf(subnet)
      .filter(({ family }) => families.has(family))
      .map(({ family, address }) =>
        family === 4
          ? `route add 0.0.0.0/0 via ${address} dev ${device} onlink`
          : `route add ::/0 via ${routerLinkLocal} dev ${device}`,
      ),
  ]
}

const addAddress = (address: string, device: string): string =>
  address.includes(':')
    ? `addr add ${address}/128 dev ${device} nodad`
    : `addr add ${address}/32 dev ${device}`
