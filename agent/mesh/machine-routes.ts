import {
  type KernelTable as WireTable,
  type News,
  type OperationName,
  type Parameters,
  type Result,
  type RouteChange,
} from '../../cni/serve/protocol.ts'
import { type Address, AddressSyntaxError, formatAddress, parseAddress } from '../../net/address.ts'
import { type Cidr, formatCidr, parseCidr, parseInterfaceAddress } from '../../net/cidr.ts'
import { type ErrorClass, ProviderError } from '../../providers/errors.ts'
import type {
  KernelChange,
  KernelOutcome,
  KernelRoutes,
  KernelTable,
} from '../../providers/linux/kernel-routes.ts'

/** The privileged half of the agent, as far as routes are concerned. */
export interface RouteMachine {
  call<N extends OperationName>(operation: N, parameters: Parameters<N>): Promise<Result<N>>
  /** Called after each new connection. */
  onConnected(handler: () => void): void
  onNews(handler: (news: News) => void): void
}

/** This machine's routing table, through the half of the agent that may change it. Make it before the connection is. */
export class MachineRoutes implements KernelRoutes {
  readonly #machine: RouteMachine
  readonly #watchers = new Set<() => void>()
  #isConnected = false
  /** What the last table had, by its text: the next one has nearly the same. */
  #cidrs: ReadonlyMap<string, Cidr> = new Map()
  #gateways: ReadonlyMap<string, Address> = new Map()

  constructor(machine: RouteMachine) {
    this.#machine = machine
    machine.onConnected(() => {
      this.#isConnected = true
      this.#watch()
    })
    machine.onNews(() => this.#tell())
  }

  async list(signal: AbortSignal): Promise<KernelTable> {
    return this.#read(await this.#call('routes.list', {}, signal))
  }

  async apply(changes: readonly KernelChange[], signal: AbortSignal): Promise<readonly KernelOutcome[]> {
    const { outcomes } = await this.#call('routes.apply', { changes: changes.map(writeChange) }, signal)
    return outcomes
  }

  watch(changed: () => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#watchers.add(changed)
    signal.addEventListener('abort', () => this.#watchers.delete(changed), { once: true })
    if (this.#isConnected) this.#watch()
  }

  /** News come only on a connection that was asked for them, and what came before is not told. */
  #watch(): void {
    if (this.#watchers.size === 0) return
    this.#machine.call('routes.watch', {}).then(
      () => this.#tell(),
      // Without a connection there is nothing to do: the next one comes here. A server that can't watch is looked at from
      // time to time by whoever watches, as if news were lost.
      () => undefined,
    )
  }

  #tell(): void {
    for (const changed of this.#watchers) changed()
  }

  #read({ links, routes }: WireTable): KernelTable {
    const cidrs = new Map<string, Cidr>()
    const gateways = new Map<string, Address>()
    try {
      const table = {
        routes: routes.map(({ destination: range, gateway: via, ...route }) => {
          const destination = cidrs.get(range) ?? this.#cidrs.get(range) ?? parseCidr(range)
          cidrs.set(range, destination)
          if (via === undefined) return { ...route, destination }
          const gateway = gateways.get(via) ?? this.#gateways.get(via) ?? parseAddress(via)
          gateways.set(via, gateway)
          return { ...route, destination, gateway }
        }),
        links: links.map(({ addresses, ...link }) => ({
          ...link,
          addresses: addresses.map(parseInterfaceAddress),
        })),
      }
      this.#cidrs = cidrs
      this.#gateways = gateways
      return table
    } catch (error) {
      if (!(error instanceof AddressSyntaxError)) throw error
      throw new ProviderError('transient', `routes.list: ${error.message}`, {
        code: 'protocol',
        action: 'routes.list',
        cause: error,
      })
    }
  }

  async #call<N extends OperationName>(
    operation: N,
    parameters: Parameters<N>,
    signal: AbortSignal,
  ): Promise<Result<N>> {
    signal.throwIfAborted()
    try {
      return await this.#machine.call(operation, parameters)
    } catch (error) {
      signal.throwIfAborted()
      throw toProviderError(operation, error)
    }
  }
}

const writeChange = (change: KernelChange): RouteChange => {
  const destination = formatCidr(change.destination)
  switch (change.op) {
    case 'create':
      return { op: change.op, destination, gateway: formatAddress(change.gateway) }
    case 'replace':
      return {
        op: change.op,
        destination,
        from: formatAddress(change.from),
        gateway: formatAddress(change.gateway),
      }
    case 'delete':
      return { op: change.op, destination, from: formatAddress(change.from) }
  }
}

const [EPERM, EACCES] = [1, 13]

/** The classes of what the connection fails with: by its codes, whatever class the error is of. */
function toProviderError(action: OperationName, error: unknown): ProviderError {
  if (!(error instanceof Error)) throw error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined
  return new ProviderError(classOf(code, errno, action), error.message, { code, action, cause: error })
}

function classOf(code: string, errno: number | undefined, action: OperationName): ErrorClass {
  switch (code) {
    case 'invalid':
    case 'refused':
      return 'invalid'
    case 'lost':
    case 'timeout':
    case 'protocol':
      // A write whose answer is lost may have been made.
      return action === 'routes.apply' ? 'unknown-outcome' : 'transient'
    case 'system':
      return errno === EPERM || errno === EACCES ? 'unauthorized' : 'transient'
    default:
      return 'transient'
  }
}
