import { formatAddress } from '../../../net/address.ts'
import { containsAddress, formatCidr, parseCidr, parseInterfaceAddress } from '../../../net/cidr.ts'
import { parseAddress } from '../../../net/address.ts'
import type { ProviderError } from '../../../providers/errors.ts'
import type {
  KernelChange,
  KernelLink,
  KernelOutcome,
  KernelRoute,
  KernelRoutes,
  KernelTable,
} from '../../../providers/linux/kernel-routes.ts'

/** The number by which our routes are known, in tests. */
export const ourProtocol = 112
const ourMetric = 1120

/**
 * A kernel's main table in memory: links with their on-link routes, routes apart by metric, gateways that have to be
 * on-link, and news of every change, which the test sends when it likes.
 */
export class MemoryKernel implements KernelRoutes {
  readonly #links = new Map<string, KernelLink>()
  #routes: KernelRoute[] = []
  readonly #watchers = new Set<() => void>()
  /** What was asked for, and done. */
  readonly writes: KernelChange[] = []
  lists = 0
  /** The next calls fail so. */
  readonly failures: ProviderError[] = []
  /** What becomes of changes of a destination, instead of what would. */
  readonly refusals = new Map<string, KernelOutcome>()

  /** Gives a link its addresses, and the on-link routes of their prefixes. */
  addLink(name: string, ...addresses: readonly string[]): void {
    this.#links.set(name, { name, isUp: true, addresses: addresses.map(parseInterfaceAddress) })
    for (const { address, prefixLength } of addresses.map(parseInterfaceAddress)) {
      const text = `${formatAddress(address)}/${prefixLength}`
      const bits = BigInt((address.family === 4 ? 32 : 128) - prefixLength)
      const network = formatAddress({ family: address.family, value: (address.value >> bits) << bits })
      this.add(`${network}/${text.split('/')[1] ?? ''}`, {
        interface: name,
        protocol: 2,
        scope: 253,
        metric: 0,
      })
    }
  }

  /** The link goes down: all that leads over it is gone, as in a kernel. */
  takeDown(name: string): void {
    this.#links.delete(name)
    this.#routes = this.#routes.filter((route) => route.interface !== name)
  }

  /** Puts a route there as somebody else would. */
  add(
    destination: string,
    route: Partial<Omit<KernelRoute, 'destination' | 'gateway'>> & { readonly gateway?: string },
  ): void {
    const { gateway, ...rest } = route
    const link = gateway === undefined ? undefined : this.#linkTo(gateway)
    this.#routes.push({
      destination: parseCidr(destination),
      protocol: 4,
      scope: 0,
      metric: 0,
      ...(gateway === undefined ? {} : { gateway: parseAddress(gateway) }),
      ...(link === undefined ? {} : { interface: link }),
      ...rest,
    })
    // The kernel's own order: by metric, and then as they came.
    this.#routes.sort((a, b) => a.metric - b.metric)
  }

  /** Removes routes as somebody else would. */
  remove(isMeant: (text: string, route: KernelRoute) => boolean): void {
    this.#routes = this.#routes.filter((route) => !isMeant(formatCidr(route.destination), route))
  }

  /** `10.244.1.0/24 via 10.0.0.2`, sorted: what bears our mark. */
  get ours(): readonly string[] {
    return this.#texts((route) => route.protocol === ourProtocol)
  }

  /** The same of what has a gateway and does not. */
  get others(): readonly string[] {
    return this.#texts((route) => route.protocol !== ourProtocol && route.gateway !== undefined)
  }

  #texts(isMeant: (route: KernelRoute) => boolean): readonly string[] {
    return this.#routes
      .filter(isMeant)
      .map(({ destination, gateway }) =>
        [formatCidr(destination), ...(gateway === undefined ? [] : ['via', formatAddress(gateway)])].join(
          ' ',
        ),
      )
      .sort()
  }

  /** Tells all who watch that something may have changed. */
  tell(): void {
    for (const changed of this.#watchers) changed()
  }

  list(signal: AbortSignal): Promise<KernelTable> {
    return Promise.try(() => {
      this.#arrive(signal)
      this.lists++
      return { routes: this.#routes, links: [...this.#links.values()] }
    })
  }

  apply(changes: readonly KernelChange[], signal: AbortSignal): Promise<readonly KernelOutcome[]> {
    return Promise.try(() => {
      this.#arrive(signal)
      return changes.map((change) => this.#apply(change))
    })
  }

  watch(changed: () => void, signal: AbortSignal): void {
    this.#watchers.add(changed)
    signal.addEventListener('abort', () => this.#watchers.delete(changed), { once: true })
  }

  #arrive(signal: AbortSignal): void {
    signal.throwIfAborted()
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
  }

  #apply(change: KernelChange): KernelOutcome {
    const key = formatCidr(change.destination)
    const refusal = this.refusals.get(key)
    if (refusal !== undefined) return refusal
    const there = this.#routes.filter(({ destination }) => formatCidr(destination) === key)
    const [first] = there
    const leadsTo = (route: KernelRoute | undefined, gateway: string): boolean =>
      route?.gateway !== undefined && formatAddress(route.gateway) === gateway
    if (change.op === 'delete') {
      const ours = there.find(
        (route) => route.protocol === ourProtocol && leadsTo(route, formatAddress(change.from)),
      )
      if (ours === undefined) return there.length === 0 ? { result: 'done' } : changed(key)
      this.#routes = this.#routes.filter((route) => route !== ours)
    } else {
      const gateway = formatAddress(change.gateway)
      if (change.op === 'create' && first !== undefined)
        return leadsTo(first, gateway) ? { result: 'done', existed: true } : changed(key)
      const link = this.#linkTo(gateway)
      if (link === undefined)
        return { result: 'failed', reason: 'unreachable', message: `${gateway} is not on-link` }
      if (change.op === 'replace') {
        if (first?.protocol !== ourProtocol || !leadsTo(first, formatAddress(change.from)))
          return changed(key)
        this.#routes = this.#routes.filter((route) => route !== first)
      }
      this.add(key, { gateway, protocol: ourProtocol, metric: ourMetric })
    }
    this.writes.push(change)
    return { result: 'done' }
  }

  #linkTo(gateway: string): string | undefined {
    const address = parseAddress(gateway)
    return this.#routes.find(
      (route) =>
        route.gateway === undefined && route.scope === 253 && containsAddress(route.destination, address),
    )?.interface
  }
}

const changed = (key: string): KernelOutcome => ({
  result: 'failed',
  reason: 'changed',
  message: `${key} has another route now`,
})
