import type { Changed, Installation, KernelLink, NetworkSettings } from '../../cni/serve/protocol.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import { formatAddress } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { PodNetworkStatus } from '../../reconciler/pod-network/pod-network.ts'
import type { Machine } from '../machine/machine.ts'
import { isMachineError } from '../machine/machine-error.ts'
import type { AgentMetrics, Part, Refusal } from '../report/agent-metrics.ts'
import type { OwnNodeEvents } from '../report/own-node.ts'
import { areEmpty, desiredRules } from './node-rules.ts'
import { gatewayOf, overlapWithOwnNetwork, readPodCidrs } from './pod-cidrs.ts'
import type { SetupSettings } from './settings.ts'
import { succession } from './succession.ts'

export interface NodeSetupParts {
  readonly machine: Machine
  readonly settings: SetupSettings
  readonly metrics: Pick<AgentMetrics, 'configured' | 'refused' | 'repaired'>
  readonly events: Pick<OwnNodeEvents, 'record'>
  readonly log: Logger
}

/** What is known of the cluster when a pass begins. */
export interface Known {
  readonly node: Node
  readonly network: PodNetworkStatus | undefined
  /** Where other nodes' pods have their addresses, where they are watched. */
  readonly others: readonly Cidr[]
}

/** What a pass has found or made of the runtime's configuration. */
export type Configuration =
  | { readonly state: 'laid'; readonly cidrs: readonly Cidr[] }
  | { readonly state: 'waiting'; readonly message: string }
  | { readonly state: 'refused'; readonly reason: Refusal; readonly message: string }

/**
 * Makes the machine as its Node wants it, pass by pass, each as if it were the first: executables, rules, the address that
 * the node holds, and last the runtime's configuration. What is so already is left. One part that fails stops only what
 * depends on it, and is tried again with the next pass.
 *
 * The configuration is what makes a node ready, so it comes when an ADD would be served, and not before
 * (https://github.com/aws/amazon-vpc-cni-k8s/issues/282): the executable is in place, the podCIDRs are known and can be this
 * machine's, and the rules are set, since a pod's first packets need them. It does not wait for the routes: a kubelet
 * without a configuration can't run the pods that make the routes, and who must not come before the routes is kept away
 * by NetworkUnavailable. Once laid it stays, whatever fails: to take it away would stop pods that work.
 */
export class NodeSetup {
  readonly #parts: NodeSetupParts
  readonly #failures: FailureLog<Part>
  /** What each part was asked for when it was last as it should be. */
  readonly #settled = new Map<Part, string>()
  /** The podCIDRs that were found not to overlap with the machine's network. */
  #checked: string | undefined
  #told = ''

  constructor(parts: NodeSetupParts) {
    this.#parts = parts
    this.#failures = new FailureLog(parts.log)
  }

  /** Never rejects. */
  async pass(known: Known): Promise<Configuration> {
    const podCidrs = readPodCidrs(known.node)
    const own = podCidrs.kind === 'known' ? podCidrs.cidrs : []
    const installed = await this.#plugins()
    const ruled = await this.#rules(known, own)
    if (own.length > 0) await this.#addresses(own)
    const configuration = await this.#configuration(known, podCidrs, installed && ruled)
    this.#report(configuration)
    return configuration
  }

  #plugins(): Promise<boolean> {
    return this.#keep('plugins', '', () => this.#parts.machine.call('cni.install', {}))
  }

  #rules({ network, others }: Known, own: readonly Cidr[]): Promise<boolean> {
    const { machine, settings } = this.#parts
    const rules = desiredRules({ own, others }, network, settings)
    return this.#keep('rules', JSON.stringify(rules), async () => {
      try {
        return await machine.call('rules.set', rules)
      } catch (error) {
        // Where nothing is asked for, a machine that can't have rules is as it should be.
        if (areEmpty(rules) && isMachineError(error) && error.code === 'unsupported') return { changed: [] }
        throw error
      }
    })
  }

  #addresses(own: readonly Cidr[]): Promise<boolean> {
    const addresses = own.map(gatewayOf).map(formatAddress)
    return this.#keep('addresses', addresses.join(), () =>
      this.#parts.machine.call('addresses.hold', { addresses }),
    )
  }

  async #configuration(
    { node }: Known,
    podCidrs: ReturnType<typeof readPodCidrs>,
    isReady: boolean,
  ): Promise<Configuration> {
    switch (podCidrs.kind) {
      case 'waiting':
        return { state: 'waiting', message: 'the Node has no podCIDRs yet' }
      case 'unusable':
        return { state: 'refused', reason: 'PodCIDRUnusable', message: podCidrs.message }
      case 'known':
        try {
          return await this.#configure(node, podCidrs.cidrs, isReady)
        } catch (error) {
          this.#failed('configuration', error)
          return { state: 'waiting', message: messageOf(error) }
        }
    }
  }

  async #configure(node: Node, cidrs: readonly Cidr[], isReady: boolean): Promise<Configuration> {
    const { machine, settings } = this.#parts
    const overlap = await this.#overlap(node, cidrs)
    if (overlap !== undefined) return { state: 'refused', reason: 'PodCIDROverlaps', message: overlap }
    const found = await machine.call('cni.inspect', {})
    const isLaid = found.configurations.some(({ isOurs }) => isOurs)
    if (!isReady && !isLaid) return { state: 'waiting', message: 'executables or rules are not in place yet' }
    const next = succession(found.configurations, cidrs)
    if (next.kind === 'refused') return { state: 'refused', reason: next.reason, message: next.message }
    const takeOver = next.kind === 'take-over' ? next.file : undefined
    const wanted: NetworkSettings = {
      podCidrs: cidrs.map(formatCidr),
      ...(settings.mtu !== undefined && { mtu: settings.mtu }),
    }
    await this.#lay(wanted, takeOver, found)
    return { state: 'laid', cidrs }
  }

  async #lay(wanted: NetworkSettings, takeOver: string | undefined, found: Installation): Promise<void> {
    const { events, log, machine } = this.#parts
    const key = JSON.stringify(wanted)
    const { changed } = await machine.call('cni.configure', {
      ...wanted,
      ...(takeOver !== undefined && { takeOver }),
    })
    const wasSettled = this.#settled.get('configuration') === key
    this.#settled.set('configuration', key)
    this.#failures.over('configuration')
    if (changed.length === 0) return
    if (takeOver !== undefined) {
      log.info({ file: takeOver, changed }, 'a predecessor’s configuration is taken over')
      events.record('TakenOver', `${takeOver} is void, and its pods go on: ${changed.join('; ')}`)
    } else if (wasSettled) this.#restored('configuration', changed)
    else {
      const before = found.configurations.find(({ isOurs }) => isOurs)?.ranges ?? []
      log.info({ podCidrs: wanted.podCidrs, before, changed }, 'the runtime’s configuration is laid')
      const instead = before.length > 0 ? `, not of ${before.join(', ')} any more` : ''
      events.record(
        'NetworkConfigured',
        `pods get addresses of ${wanted.podCidrs.join(', ')}${instead}: ${changed.join('; ')}`,
      )
    }
  }

  /** Looked at once for each Node's podCIDRs: what is added to a machine later is not the podCIDRs' fault. */
  async #overlap(node: Node, cidrs: readonly Cidr[]): Promise<string | undefined> {
    const key = `${node.metadata.uid} ${cidrs.map(formatCidr).join()}`
    if (this.#checked === key) return undefined
    const nodeAddresses = (node.status?.addresses ?? []).map(({ address }) => address)
    const overlap = overlapWithOwnNetwork(cidrs, await this.#links(), nodeAddresses)
    if (overlap === undefined) this.#checked = key
    return overlap
  }

  async #links(): Promise<readonly KernelLink[]> {
    try {
      return (await this.#parts.machine.call('routes.list', {})).links
    } catch (error) {
      // Where it can't be asked, the Node's own addresses are all there is to go by.
      if (isMachineError(error) && error.code === 'unsupported') return []
      throw error
    }
  }

  /** Whether the part is as it should be. What was so before, and was not when it was asked for again, is a repair. */
  async #keep(part: Part, key: string, work: () => Promise<Changed>): Promise<boolean> {
    try {
      const { changed } = await work()
      const wasSettled = this.#settled.get(part) === key
      this.#settled.set(part, key)
      this.#failures.over(part)
      if (changed.length > 0 && wasSettled) this.#restored(part, changed)
      else if (changed.length > 0) this.#parts.log.info({ part, changed }, 'set up')
      return true
    } catch (error) {
      this.#failed(part, error)
      return false
    }
  }

  #restored(part: Part, changed: readonly string[]): void {
    const { events, log, metrics } = this.#parts
    metrics.repaired(part)
    log.warn({ part, changed }, 'something was gone or changed: repaired')
    events.record('NetworkRestored', `${part}: ${changed.join('; ')}`)
  }

  #failed(part: Part, error: unknown): void {
    const what = messageOf(error)
    this.#failures.tell(part, {
      level: 'warn',
      what,
      fields: { part, err: error },
      message: 'a part of the node’s network can’t be set up: trying again',
    })
    // That there is no connection, the pod's other container tells.
    const isTheWay = isMachineError(error) && ['unavailable', 'lost', 'timeout'].includes(error.code)
    if (!isTheWay) this.#parts.events.record('InstallFailed', `${part}: ${what}`)
  }

  #report(configuration: Configuration): void {
    const { events, log, metrics } = this.#parts
    metrics.configured(configuration.state === 'laid')
    metrics.refused(configuration.state === 'refused' ? configuration.reason : undefined)
    const shown = configuration.state === 'laid' ? 'laid' : `${configuration.state}: ${configuration.message}`
    if (shown === this.#told) return
    this.#told = shown
    switch (configuration.state) {
      case 'laid':
        return
      case 'waiting':
        log.info({ why: configuration.message }, 'the runtime’s configuration is not laid yet')
        return
      case 'refused': {
        const { message, reason } = configuration
        log.error({ reason, why: message }, 'the runtime’s configuration is not laid')
        events.record(reason, message)
      }
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
