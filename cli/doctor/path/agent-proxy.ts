import { AnswerError } from '../../../agent/machine/fields.ts'
import { readPathFacts } from '../../../agent/path/read-path-facts.ts'
import { isKubeError } from '../../../kube/errors.ts'
import type { KubeObject } from '../../../kube/objects.ts'
import { Resource } from '../../../kube/resource.ts'
import { formatAddress } from '../../../net/address.ts'
import { listAll } from '../../list-all.ts'
import { type NodeFacts, NodeUnaskedError } from './node-facts.ts'
import { type ClusterReader, podType } from './parties.ts'

export interface AgentPlace {
  readonly namespace: string
  readonly port: number
}

interface AgentPod extends KubeObject {
  readonly spec?: { readonly nodeName?: string }
  readonly status?: { readonly phase?: string }
}

/** The label by which the agents' pods are told from others of their namespace. */
export const agentLabel = { name: 'app.kubernetes.io/name', value: 'podway-agent' } as const

/**
 * Asks the agents by way of the API server: so whoever may `list` pods and `get` `pods/proxy` in the agents' namespace can
 * do it, from wherever the API server is reached, without access to any Node.
 */
export function agentProxy({ namespace, port }: AgentPlace, reader: ClusterReader): NodeFacts {
  const { attempt, kube } = reader
  let pods: Promise<readonly AgentPod[]> | undefined
  const agents = (): Promise<readonly AgentPod[]> =>
    (pods ??= attempt(() => listAll(new Resource<AgentPod>(kube, podType), reader.signal, namespace)))
  return async (node, packet, signal) => {
    try {
      const pod = (await agents()).find(
        ({ metadata, spec, status }) =>
          metadata.labels?.[agentLabel.name] === agentLabel.value &&
          spec?.nodeName === node.name &&
          status?.phase === 'Running',
      )
      if (pod === undefined)
        throw new NodeUnaskedError(
          `no pod with the label ${agentLabel.name}=${agentLabel.value} runs there in namespace ${namespace} (see --agent-namespace)`,
        )
      const target = `${encodeURIComponent(pod.metadata.name)}:${port}`
      // Once: a Node that does not answer is told to be one, and a person may ask again.
      const answer = await kube.request<unknown>({
        method: 'GET',
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${target}/proxy/path`,
        query: {
          from: formatAddress(packet.source),
          to: formatAddress(packet.destination),
          reply: packet.isReply ? true : undefined,
        },
        signal,
      })
      return readPathFacts(answer, 'the answer')
    } catch (error) {
      if (error instanceof AnswerError)
        throw new NodeUnaskedError(`its agent is of another version: ${error.message}`, { cause: error })
      // What one Node does not say leaves the others to be asked.
      if (isKubeError(error)) throw new NodeUnaskedError(error.message, { cause: error })
      throw error
    }
  }
}
