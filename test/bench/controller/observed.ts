import type { Ec2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import type { KubernetesSimulator } from '../../simulators/kubernetes/kubernetes-simulator.ts'
import type { Simulator, SimulatorReply } from '../../simulators/simulator.ts'

/** What goes over the wire, with times of one clock, in milliseconds. */
export interface Observer {
  /** A call that changes something in the cloud has arrived. */
  cloudWrite(at: number): void
  /** The answer that a Node's NetworkUnavailable is False now. */
  routed(node: string, at: number): void
}

/** What the controller may call to change something. */
const isWrite = (action: string): boolean => !action.startsWith('Describe')

/** The cloud's API, at a time of its own. */
export function observeCloud(
  simulator: Ec2Simulator,
  { wallTime, clock, observer }: { wallTime: () => number; clock: () => number; observer: Observer },
): Simulator {
  return {
    handle(request) {
      const at = clock()
      if (isWrite(new URLSearchParams(request.body).get('Action') ?? '')) observer.cloudWrite(at)
      return simulator.handle(request, wallTime())
    },
  }
}

export function observeKubernetes(
  simulator: KubernetesSimulator,
  { clock, observer }: { clock: () => number; observer: Observer },
): Simulator {
  return {
    handle(request, now) {
      const reply = simulator.handle(request, now)
      const node = routedNode(request.method, request.target, reply)
      if (node !== undefined) observer.routed(node, clock())
      return reply
    },
  }
}

/** The name of the Node that was written, if it says that its routes are there. */
export function routedNode(method: string, target: string, reply: SimulatorReply): string | undefined {
  if (!['PATCH', 'PUT'].includes(method) || reply.kind !== 'response' || reply.status !== 200)
    return undefined
  const name = /^\/api\/v1\/nodes\/([^/?]+)\/status/.exec(target)?.[1]
  if (name === undefined) return undefined
  const { status } = JSON.parse(reply.body) as {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  }
  const isRouted = status?.conditions?.some(
    (condition) => condition.type === 'NetworkUnavailable' && condition.status === 'False',
  )
  return isRouted === true ? name : undefined
}
