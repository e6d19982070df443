import { MachineClient } from '../../../agent/machine/machine-client.ts'
import { MachineRoutes } from '../../../agent/mesh/machine-routes.ts'
import type { MeshStatus } from '../../../agent/mesh/mesh-status.ts'
import { runMesh } from '../../../agent/mesh/mesh.ts'
import { MemoryNodes, meshNode } from '../../../agent/mesh/testing/mesh-world.ts'
import { routeProtocol } from '../../../cni/serve/protocol.ts'
import { TestServer } from '../../../cni/testing/server.ts'
import { systemClock } from '../../../kube/clock.ts'
import { silentLogger } from '../../../kube/log.ts'
import { Machine } from '../machine.ts'
import { ipBatch } from '../namespace.ts'
import { connectPlainPod } from '../plain-pod.ts'
import { mustRun } from '../run.ts'

/** A route as `ip -j route` has it. */
interface IpRoute {
  readonly dst: string
  readonly gateway?: string
  readonly dev?: string
  readonly protocol?: string
}

/** The only pod of the n-th node. */
export const podOf = (n: number): { readonly 4: string; readonly 6: string } => ({
  4: `10.244.${n}.5`,
  6: `fd00:10:244:${n.toString(16)}::5`,
})

/**
 * One layer-2 segment with nodes on it, and nothing else: no cloud, no router. Each node has one pod, the two halves of an
 * agent as they are shipped (the serving half as a process of its own), and its own view of the Nodes.
 */
export class Segment {
  readonly #nodes = new Map<number, SegmentNode>()

  static async create(): Promise<Segment> {
    await ipBatch(undefined, ['link add segment type bridge', 'link set segment up'])
    return new Segment()
  }

  /** A machine joins, and its Node. */
  async join(n: number): Promise<SegmentNode> {
    const node = await SegmentNode.boot(n)
    for (const [other, { nodes }] of this.#nodes) {
      nodes.put(meshNode(n))
      node.nodes.put(meshNode(other))
    }
    this.#nodes.set(n, node)
    node.start()
    return node
  }

  /** Its Node is deleted, and the machine goes. */
  async leave(n: number): Promise<void> {
    const node = this.#nodes.get(n)
    this.#nodes.delete(n)
    for (const { nodes } of this.#nodes.values()) nodes.remove(`node-${n}`)
    await node?.remove()
  }

  async close(): Promise<void> {
    for (const node of this.#nodes.values()) await node.remove()
    await ipBatch(undefined, ['link del segment'])
  }
}

export class SegmentNode {
  readonly n: number
  readonly machine: Machine
  readonly server = new TestServer()
  /** The Nodes as this node's agent sees them. */
  readonly nodes = new MemoryNodes()
  #status: MeshStatus | undefined
  #running: { readonly stop: AbortController; readonly over: Promise<unknown> } | undefined

  private constructor(n: number, machine: Machine) {
    this.n = n
    this.machine = machine
  }

  static async boot(n: number): Promise<SegmentNode> {
    const machine = await Machine.boot(`node-${n}`)
    await ipBatch(undefined, [
      `link add port${n} type veth peer name up0 netns node-${n}`,
      `link set port${n} master segment up`,
    ])
    const node = new SegmentNode(n, machine)
    await node.connect()
    await connectPlainPod(machine, 'pod', podOf(n))
    await node.serve()
    node.nodes.put(meshNode(n))
    node.nodes.sync()
    return node
  }

  /** Gives the uplink its addresses, and brings it up. */
  async connect(): Promise<void> {
    await this.ip(
      `addr replace 10.0.0.${this.n}/24 dev up0`,
      `addr replace fd00::${this.n.toString(16)}/64 dev up0 nodad`,
      'link set up0 up',
    )
  }

  /** The serving half starts. */
  async serve(): Promise<void> {
    const { args, file } = this.machine.command([])
    await this.server.start({ by: [file, ...args] })
  }

  get status(): MeshStatus | undefined {
    return this.#status
  }

  /** The other half starts. */
  start(): void {
    const stop = new AbortController()
    const tools = { clock: systemClock, random: Math.random, log: silentLogger }
    const machine = new MachineClient({ ...tools, socket: this.server.socket })
    const mesh = runMesh(
      {
        ...tools,
        self: `node-${this.n}`,
        nodes: this.nodes,
        kernel: new MachineRoutes(machine),
        protocol: routeProtocol,
        permission: { force: false, sourceDestCheckOff: false },
        policy: 'sync',
        hazards: () => Promise.resolve([]),
        isReleased: () => false,
        observe: {
          status: (status) => void (this.#status = status),
          change: () => undefined,
          pass: () => undefined,
        },
      },
      stop.signal,
    )
    this.#running = { stop, over: Promise.all([machine.run(stop.signal), mesh]) }
  }

  async stop(): Promise<void> {
    this.#running?.stop.abort()
    await this.#running?.over
    this.#running = undefined
  }

  /** `ip` commands on the machine, each with its options. */
  async ip(...lines: readonly string[]): Promise<void> {
    for (const line of lines)
      await mustRun({ file: 'ip', args: ['-n', `node-${this.n}`, ...line.split(' ')] })
  }

  /** `10.244.2.0/24 via 10.0.0.2 dev up0`: routes of both families with our mark, or without it, by `ip`. */
  async routes(whose: 'ours' | 'others'): Promise<readonly string[]> {
    const found: string[] = []
    for (const family of ['-4', '-6']) {
      const text = await mustRun({ file: 'ip', args: ['-n', `node-${this.n}`, '-j', family, 'route'] })
      for (const { dev = 'none', dst, gateway = 'link', protocol } of JSON.parse(
        text,
      ) as readonly IpRoute[]) {
        const isOurs = protocol === String(routeProtocol)
        if (isOurs === (whose === 'ours')) found.push(`${dst} via ${gateway} dev ${dev}`)
      }
    }
    return found.sort()
  }

  async remove(): Promise<void> {
    await this.stop()
    await this.server.remove()
    await this.machine.remove()
  }
}
