import type { SimulatorReply } from '../../simulators/simulator.ts'

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
