import { ManualClock } from '../../../kube/testing/manual-clock.ts'
import type { LogFields, Logger } from '../../../kube/log.ts'
import { parseAddress } from '../../../net/address.ts'
import type { MeshNode, MeshNodes, NodeChange } from '../mesh-nodes.ts'
import type { MeshStatus } from '../mesh-status.ts'
import { type MeshOptions, runMesh } from '../mesh.ts'
import { MemoryKernel, ourProtocol } from './memory-kernel.ts'

/** The Nodes of a cluster, as an agent sees them, and as the API server has them. */
export class MemoryNodes implements MeshNodes {
  readonly #known = new Map<string, MeshNode>()
  readonly #handlers: ((change: NodeChange) => void)[] = []
  readonly #synced = Promise.withResolvers<undefined>()
  /** What the API server answers when it is asked once more; what is known, unless told. */
  again: (() => readonly MeshNode[]) | undefined
  readonly synced = this.#synced.promise.then(() => undefined)
  asked = 0

  sync(): void {
    this.#synced.resolve(undefined)
  }

  list(): readonly MeshNode[] {
    return [...this.#known.values()]
  }

  onChange(handler: (change: NodeChange) => void): void {
    this.#handlers.push(handler)
  }

  readAgain(): Promise<readonly MeshNode[]> {
    return Promise.try(() => {
      this.asked++
      return this.again?.() ?? this.list()
    })
  }

  put(node: MeshNode): void {
    this.#known.set(node.name, node)
    this.#tell({ type: 'present', node })
  }

  remove(name: string, evidence: 'watch' | 'relist' = 'watch'): void {
    const node = this.#known.get(name)
    if (node === undefined) return
    this.#known.delete(name)
    this.#tell({ type: 'gone', node, evidence })
  }

  #tell(change: NodeChange): void {
    for (const handler of this.#handlers) handler(change)
  }
}

/** The n-th node of a cluster: its addresses end with n, its podCIDRs have it in the middle. */
export const meshNode = (n: number, more: Partial<MeshNode> = {}): MeshNode => ({
  name: `node-${n}`,
  uid: `uid-${n}`,
  createdAt: n,
  addresses: [`10.0.0.${n}`, `fd00::${n.toString(16)}`].map(parseAddress),
  podCIDRs: [`10.244.${n}.0/24`, `fd00:10:244:${n.toString(16)}::/64`],
  ...more,
})

export interface MeshWorld {
  readonly clock: ManualClock
  readonly kernel: MemoryKernel
  readonly nodes: MemoryNodes
  readonly statuses: MeshStatus[]
  readonly repairs: string[]
  readonly logs: string[]
  /** The last status. */
  status(): MeshStatus | undefined
  /** Starts the mesh on node-1; what was running before ends first. */
  start(options?: Partial<MeshOptions>): Promise<void>
  /** News of the kernel, and time for what they are answered with. */
  news(): Promise<void>
  stop(): Promise<void>
}

/** A node `node-1` with one link, and Nodes 1 to `count`, which the mesh has not read yet. */
export function createMeshWorld(count: number): MeshWorld {
  const clock = new ManualClock()
  const kernel = new MemoryKernel()
  kernel.addLink('eth0', '10.0.0.1/24', 'fd00::1/64')
  const nodes = new MemoryNodes()
  for (let n = 1; n <= count; n++) nodes.put(meshNode(n))
  const statuses: MeshStatus[] = []
  const repairs: string[] = []
  const logs: string[] = []
  const note = (_fields: LogFields, message: string): void => void logs.push(message)
  const log: Logger = { debug: () => undefined, info: note, warn: note, error: note }
  let running: { readonly stop: AbortController; readonly over: Promise<void> } | undefined
  const stop = async (): Promise<void> => {
    running?.stop.abort()
    await running?.over
    running = undefined
  }
  return {
    clock,
    kernel,
    nodes,
    statuses,
    repairs,
    logs,
    status: () => statuses.at(-1),
    stop,
    async start(options = {}) {
      await stop()
      const controller = new AbortController()
      const mesh = runMesh(
        {
          self: 'node-1',
          nodes,
          kernel,
          protocol: ourProtocol,
          permission: { force: false, sourceDestCheckOff: false },
          policy: 'sync',
          clock,
          random: () => 0.5,
          log,
          hazards: () => Promise.resolve([]),
          isReleased: () => false,
          observe: {
            status: (status) => void statuses.push(status),
            change: (op, result, repair) => {
              if (repair) repairs.push(`${op} ${result}`)
            },
            pass: () => undefined,
          },
          ...options,
        },
        controller.signal,
      )
      running = { stop: controller, over: mesh }
      await clock.advance(50)
    },
    async news() {
      kernel.tell()
      await clock.advance(50)
    },
  }
}
