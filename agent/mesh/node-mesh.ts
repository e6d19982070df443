import { routeProtocol } from '../../cni/serve/protocol.ts'
import { type Clock, delay } from '../../kube/clock.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Cidr } from '../../net/cidr.ts'
import { podRanges } from '../../reconciler/routed-node.ts'
import { Bell } from '../bell.ts'
import type { MachineClient } from '../machine/machine-client.ts'
import type { NodeConditions } from '../report/node-conditions.ts'
import { MachineRoutes } from './machine-routes.ts'
import type { MeshMetrics } from './mesh-metrics.ts'
import { type MeshStatus, meshCondition } from './mesh-status.ts'
import { runMesh } from './mesh.ts'
import { keptForMesh, pageSize, reflectedNodes, releaseAnnotation } from './reflected-nodes.ts'
import type { MeshPermission } from './suitable.ts'

export interface NodeMeshParts {
  readonly nodeName: string
  /** Of all Nodes: the mesh has to know them. */
  readonly nodes: Resource<Node>
  /** Before it is connected. */
  readonly machine: Pick<MachineClient, 'call' | 'onConnected' | 'onNews'>
  readonly permission: MeshPermission
  readonly conditions: Pick<NodeConditions, 'set'>
  readonly metrics: MeshMetrics
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
}

/** A state that passes sooner is not worth a write. */
const steadyMs = 2_000
const retryMs = 10_000
/** The longest that a timer takes. */
const foreverMs = 2 ** 31 - 1

const networkdHazard =
  'systemd-networkd runs on this machine and removes routes that it did not make, whenever it starts: set ManageForeignRoutes=no in the section [Network] of /etc/systemd/networkd.conf'

export interface NodeMesh {
  /**
   * Keeps this node's routes to all other nodes' pods until the signal aborts, and its condition `MeshProgrammed`. The
   * routes stay then.
   */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Resolves when all Nodes have been read once. */
  readonly synced: Promise<void>
  /** Where pods of all nodes have their addresses. */
  readonly podRanges: () => readonly Cidr[]
  /** Told when these may be others. Before it runs. */
  readonly onPodRanges: (handler: () => void) => void
}

/** Makes what has to be heard of the machine before it is connected. */
export function createNodeMesh(parts: NodeMeshParts): NodeMesh {
  const { clock, conditions, log, machine, metrics, nodeName, nodes, permission, random } = parts
  const tools = { clock, random, log }
  const reflector = new Reflector<Node>({ ...tools, resource: nodes, keep: keptForMesh, pageSize })
  const known = reflectedNodes(reflector, nodes)
  const kernel = new MachineRoutes(machine)
  const bell = new Bell(clock)
  const failures = new FailureLog<'condition'>(log)
  let status: MeshStatus | undefined

  const write = async (signal: AbortSignal): Promise<void> => {
    if (status === undefined) return
    try {
      await conditions.set('MeshProgrammed', meshCondition(status), signal)
      failures.over('condition')
    } catch (error) {
      if (signal.aborted) return
      const message = 'the condition MeshProgrammed could not be written: trying again'
      failures.tell('condition', { level: 'warn', what: String(error), fields: { err: error }, message })
      await delay(clock, retryMs, signal)
      bell.ring()
    }
  }
  const tell = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await bell.wait(foreverMs, signal)
      await delay(clock, steadyMs, signal)
      await write(signal)
    }
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    const mesh = runMesh(
      {
        ...tools,
        self: nodeName,
        nodes: known,
        kernel,
        protocol: routeProtocol,
        permission,
        policy: 'sync',
        hazards: async () => {
          const { networkd } = await machine.call('routes.inspect', {})
          return networkd === 'removes' ? [networkdHazard] : []
        },
        isReleased: () => reflector.get(nodeName)?.metadata.annotations?.[releaseAnnotation] !== undefined,
        observe: {
          status(now) {
            status = now
            metrics.status(now)
            bell.ring()
          },
          change: (op, result, repair) => metrics.change(op, result, repair),
          pass: (ms) => metrics.pass(ms),
        },
      },
      signal,
    )
    await Promise.all([reflector.run(signal), mesh, tell(signal)])
  }
  return {
    run,
    synced: reflector.synced,
    podRanges: () => known.list().flatMap(podRanges),
    onPodRanges(handler) {
      reflector.onChange((change) => {
        if (change.type === 'resync') return
        // Every Node is written again and again, for its conditions.
        const isSame = change.type === 'updated' && podCidrsOf(change.object) === podCidrsOf(change.previous)
        if (!isSame) handler()
      })
    },
  }
}

const podCidrsOf = ({ spec }: Node): string => [spec.podCIDR, ...(spec.podCIDRs ?? [])].join()
