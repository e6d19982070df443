import type { Node } from '../../../kube/objects.ts'
import { formatCidr, nthSubnet, parseCidr } from '../../../net/cidr.ts'
import { heldRoutes } from '../../../cli/held-routes.ts'
import { releaseAnnotation } from '../../../reconciler/node-route/node-route.ts'
import type { Machine } from '../chaos-cloud.ts'
import { usualLatency } from '../world/link.ts'
import type { Slot, VirtualWorld } from '../world/virtual-world.ts'
import { nodeName } from './make-story.ts'
import { OtherHands, nth, poolRange } from './other-hands.ts'
import type { Deed, Server, Story, Who } from './step.ts'

/** Everybody but podway: what a story's deeds are done by. */
export class Cast {
  readonly #world: VirtualWorld
  readonly #slots: readonly Slot[]
  readonly #tables: string[] = []
  readonly #machines = new Map<string, Machine>()
  /** Machines whose Nodes are gone. */
  readonly #orphans: Machine[] = []
  /** What Nodes had when they were deleted. */
  readonly #left = new Map<string, readonly string[]>()
  readonly #stopped = new Set<string>()
  readonly #terminated = new Set<string>()
  readonly #hands: OtherHands
  /** What they have begun and are still to end. */
  readonly #begun = new Set<() => void>()
  #hasLied = false
  #isCalm = false

  constructor(world: VirtualWorld, { nodes, tables }: Story, slots: readonly Slot[]) {
    this.#world = world
    this.#slots = slots
    this.#hands = new OtherHands({
      cloud: world.cloud,
      tableAt: (index) => this.#table(index),
      machines: () => [...this.#machines.values()],
    })
    for (let index = 0; index < tables; index++) this.#addTable()
    for (let index = 1; index <= nodes; index++) this.#join(nodeName(index))
    for (const slot of slots) world.start(slot)
  }

  act(deed: Deed): void {
    const { cloud, cluster } = this.#world
    switch (deed.do) {
      case 'join':
        this.#join(deed.node, deed.idLaterMs === undefined ? {} : { idLaterMs: deed.idLaterMs })
        return
      case 'join-as': {
        const podCIDRs = this.#node(deed.other)?.spec.podCIDRs ?? this.#left.get(deed.other)
        if (podCIDRs !== undefined && podCIDRs.length > 0) this.#join(deed.node, { podCIDRs })
        return
      }
      case 'join-into':
        this.#joinInto(deed)
        return
      case 'rejoin':
        this.#rejoin(deed)
        return
      case 'leave':
        this.#leave(deed.node, deed.machine === 'terminated')
        return
      case 'leave-many': {
        const names = cluster.nodes().map(({ metadata }) => metadata.name)
        for (const name of names.slice(0, Math.ceil(names.length * deed.share))) this.#leave(name, false)
        return
      }
      case 'stop':
      case 'start':
      case 'terminate':
        this.#switch(deed.node, deed.do)
        return
      case 'recreate': {
        const machine = this.#machines.get(deed.node)
        const isThere = machine !== undefined && !this.#terminated.has(machine.providerID)
        if (isThere) cloud.recreate?.(machine)
        return
      }
      case 'delete-route':
      case 'change-route':
      case 'take-route':
        this.#hands.change(deed)
        return
      case 'foreign-route':
        this.#hands.add(deed)
        return
      case 'rival-route':
        this.#hands.addRival(deed)
        return
      case 'edit-table':
        cloud.editTable?.(this.#table(deed.table))
        return
      case 'fill-up':
        cloud.limitRoutes(deed.room)
        this.#later(deed.forMs, () => cloud.limitRoutes())
        return
      case 'delete-foreign-routes':
        this.#hands.deleteAll()
        return
      case 'add-table':
        if (this.#tables.length < 4) this.#addTable()
        return
      case 'drop-table': {
        const table = this.#table(deed.table)
        if (this.#tables.length < 2 || !cloud.dropTable(table)) return
        this.#tables.splice(this.#tables.indexOf(table), 1)
        return
      }
      case 'cloud-fault':
        cloud.inject(deed.fault, deed.calls, deed.which)
        return
      case 'kube-fault':
        cluster.simulator.faults.add({
          match: { userAgent: 'podway', ...(deed.resource === undefined ? {} : { resource: deed.resource }) },
          times: deed.calls,
          fault: deed.fault,
        })
        return
      case 'cut-watches':
        this.#cutWatches(deed)
        return
      case 'short-list': {
        const { faults, watches } = cluster.simulator
        const match = { userAgent: 'podway', resource: 'nodes', verb: 'list' } as const
        faults.add({ match, fault: { kind: 'short-list' } })
        this.#hasLied = true
        watches.expire({ resource: 'nodes' })
        return
      }
      case 'compact':
        cluster.simulator.compact()
        return
      case 'slow':
        this.#slow(deed.server, deed.mostMs, deed.forMs)
        return
      case 'cut-off':
        this.#cutOff(this.#slot(deed.slot), deed.server, deed.forMs)
        return
      case 'pause': {
        const process = this.#world.controllers.get(this.#slot(deed.slot))?.process
        process?.pause()
        this.#later(deed.forMs, () => process?.resume())
        return
      }
      case 'kill': {
        const slot = this.#slot(deed.slot)
        this.#world.kill(slot)
        this.#later(deed.forMs, () => this.#startIfGone(slot))
        return
      }
      case 'replace-process':
        this.#world.controllers.get(this.#slot(deed.slot))?.stop()
        return
      case 'jump':
        this.#world.controllers.get(this.#slot(deed.slot))?.process.jump(deed.ms)
        return
      case 'say':
        if (this.#node(deed.node) !== undefined) this.#say(deed.node, deed.reason)
        return
      case 'heartbeat':
        if (this.#node(deed.node) !== undefined)
          cluster.patchNode(
            deed.node,
            { status: { nodeInfo: { kernelVersion: `${this.#world.clock.now()}` } } },
            '/status',
          )
        return
      case 'delete-record': {
        const name = nth(cluster.records(), deed.pick)?.metadata.name
        if (name !== undefined) cluster.deleteRecord(name)
        return
      }
      case 'release':
        for (const { name, node } of heldRoutes(cluster.records())) this.#release(name, node.uid)
    }
  }

  /** All that troubles is over; machines without Nodes, and Nodes without machines, go. */
  calmDown(): void {
    const { cloud, cluster, controllers } = this.#world
    this.#isCalm = true
    for (const end of [...this.#begun]) end()
    cloud.calm()
    cloud.limitRoutes()
    cluster.simulator.faults.clear()
    // Who was told a lie by a list is told the truth by the next one.
    if (this.#hasLied) {
      cluster.simulator.compact()
      cluster.simulator.watches.expire({ resource: 'nodes' })
    }
    for (const { cloud: toCloud, kubernetes, process } of controllers.values()) {
      for (const link of [toCloud, kubernetes]) {
        link.latency = usualLatency
        link.isCut = false
      }
      process.resume()
    }
    for (const slot of this.#slots) this.#startIfGone(slot)
    // An address may be another machine's by now, which runs: what is held for that is a person's to let go.
    for (const { name, node } of heldRoutes(cluster.records())) {
      const target = cluster.records().find(({ metadata }) => metadata.name === name)?.spec.target.id
      const isReused = [...this.#machines.values()].some(
        ({ targets: { v4, v6 } }) => target === v4 || target === v6,
      )
      if (isReused) this.#release(name, node.uid)
    }
    for (const machine of this.#orphans) this.#terminate(machine)
    for (const { metadata } of cluster.nodes()) {
      const machine = this.#machines.get(metadata.name)
      if (machine === undefined) continue
      if (this.#terminated.has(machine.providerID)) cluster.deleteNode(metadata.name)
      else if (this.#stopped.has(machine.providerID)) this.#switch(metadata.name, 'start')
    }
  }

  #addTable(): void {
    const table = this.#world.cloud.addTable()
    if (table !== undefined) this.#tables.push(table)
  }

  #join(
    name: string,
    how: { readonly idLaterMs?: number; readonly podCIDRs?: readonly string[] } = {},
  ): void {
    const { cloud, cluster } = this.#world
    if (this.#node(name) !== undefined) return
    const machine = cloud.launch()
    this.#machines.set(name, machine)
    const { providerID, address } = machine
    const { idLaterMs, podCIDRs } = how
    const id = idLaterMs === undefined ? { providerID } : {}
    const addresses = idLaterMs === undefined ? [address] : []
    const { uid } = cluster.addNode(name, {
      addresses,
      ...id,
      ...(podCIDRs === undefined ? {} : { podCIDRs }),
    }).metadata
    if (idLaterMs === undefined) return
    this.#endLater(idLaterMs, () => {
      if (this.#node(name)?.metadata.uid !== uid) return
      cluster.patchNode(name, { spec: { providerID } })
      cluster.patchNode(name, { status: { addresses: [{ type: 'InternalIP', address }] } }, '/status')
    })
  }

  #leave(name: string, isTerminated: boolean): void {
    const node = this.#node(name)
    const machine = this.#machines.get(name)
    if (node === undefined || machine === undefined) return
    this.#left.set(name, node.spec.podCIDRs ?? [])
    if (isTerminated) this.#terminate(machine)
    this.#world.cluster.deleteNode(name)
    this.#machines.delete(name)
    this.#orphans.push(machine)
  }

  #joinInto({ afterMs, matches, node, pick, table: index }: Extract<Deed, { do: 'join-into' }>): void {
    if (this.#node(node) !== undefined) return
    // Where the allocator does not come.
    const destination = formatCidr(nthSubnet(parseCidr(poolRange), 24, BigInt(100 + Math.floor(pick * 20))))
    this.#join(node, { podCIDRs: [destination] })
    const machine = this.#machines.get(node)
    this.#later(afterMs, () => this.#hands.addTo(index, destination, matches ? machine : undefined))
  }

  #rejoin({ afterMs, keeps, node: name }: Extract<Deed, { do: 'rejoin' }>): void {
    const { cluster } = this.#world
    const node = this.#node(name)
    const machine = this.#machines.get(name)
    if (node === undefined || machine === undefined || node.spec.providerID === undefined) return
    cluster.deleteNode(name)
    const podCIDRs =
      keeps && (node.spec.podCIDRs ?? []).length > 0 ? { podCIDRs: node.spec.podCIDRs ?? [] } : {}
    this.#endLater(afterMs, () => {
      if (this.#node(name) !== undefined || this.#machines.get(name) !== machine) return
      cluster.addNode(name, { providerID: machine.providerID, addresses: [machine.address], ...podCIDRs })
    })
  }

  #switch(name: string, how: 'stop' | 'start' | 'terminate'): void {
    const machine = this.#machines.get(name)
    if (machine === undefined || this.#terminated.has(machine.providerID)) return
    const { cloud } = this.#world
    switch (how) {
      case 'stop':
        cloud.stop(machine)
        this.#stopped.add(machine.providerID)
        return
      case 'start':
        cloud.start(machine)
        this.#stopped.delete(machine.providerID)
        return
      case 'terminate':
        this.#terminate(machine)
    }
  }

  #terminate(machine: Machine): void {
    if (this.#terminated.has(machine.providerID)) return
    this.#terminated.add(machine.providerID)
    this.#world.cloud.terminate(machine)
  }

  #cutWatches({ how, resource }: Extract<Deed, { do: 'cut-watches' }>): void {
    const { watches } = this.#world.cluster.simulator
    const match = resource === undefined ? {} : { resource }
    if (how === 'expire') watches.expire(match)
    else if (how === 'silence') watches.silence(match)
    else watches.cut(how, match)
  }

  #slow(server: Server, mostMs: number, forMs: number): void {
    for (const controller of this.#world.controllers.values()) {
      const link = controller[server]
      link.latency = { leastMs: 1, usualMs: mostMs, mostMs }
      this.#later(forMs, () => (link.latency = usualLatency))
    }
  }

  #cutOff(slot: Slot, server: Server, forMs: number): void {
    const link = this.#world.controllers.get(slot)?.[server]
    if (link === undefined) return
    link.isCut = true
    this.#later(forMs, () => (link.isCut = false))
  }

  #say(name: string, reason: string): void {
    const condition = {
      type: 'NetworkUnavailable',
      status: 'False',
      reason,
      message: '',
      lastHeartbeatTime: null,
      lastTransitionTime: null,
    }
    this.#world.cluster.patchNode(name, { status: { conditions: [condition] } }, '/status')
  }

  #release(name: string, uid: string): void {
    this.#world.cluster.patchRecord(name, { metadata: { annotations: { [releaseAnnotation]: uid } } })
  }

  #startIfGone(slot: Slot): void {
    if (!this.#world.controllers.has(slot)) this.#world.start(slot)
  }

  /** At the latest when all is calm. */
  #endLater(ms: number, work: () => void): void {
    const end = (): void => {
      if (this.#begun.delete(end)) work()
    }
    this.#begun.add(end)
    this.#world.clock.setTimeout(end, ms)
  }

  /** Unless all is calm by then. */
  #later(ms: number, work: () => void): void {
    this.#world.clock.setTimeout(() => {
      if (!this.#isCalm) work()
    }, ms)
  }

  #node(name: string): Node | undefined {
    return this.#world.cluster.nodes().find(({ metadata }) => metadata.name === name)
  }

  #slot(who: Who): Slot {
    if (who !== 'leader') return who
    const holder = this.#world.leader
    return [...this.#world.controllers].find(([, { process }]) => process.name === holder)?.[0] ?? 'a'
  }

  /** The n-th, or one before it if there are not so many. */
  #table(index: number): string {
    const table = this.#tables[Math.min(index, this.#tables.length) - 1]
    if (table === undefined) throw new Error('a world has at least one table')
    return table
  }
}
