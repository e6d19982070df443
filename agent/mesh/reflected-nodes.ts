import type { Node } from '../../kube/objects.ts'
import type { Reflector } from '../../kube/reflector.ts'
import type { Resource } from '../../kube/resource.ts'
import { keptOfNode } from '../../kube/kept-node.ts'
import { routedNode } from '../../reconciler/routed-node.ts'
import type { MeshNode, MeshNodes, NodeChange } from './mesh-nodes.ts'

/** While it is on an agent's own Node, the brake lets the routes go that it holds there. */
export const releaseAnnotation = 'podway.dev/release-mesh-routes'

/** Of a Node that waits for a cloud's node controller. */
const uninitialized = 'node.cloudprovider.kubernetes.io/uninitialized'

/**
 * A Node has 14 kB and more, and a page is parsed in one go, at the price of several times its size in memory that Node
 * does not give back: the agent is to need little more for many Nodes than for few (`npm run bench -- mesh`).
 */
export const pageSize = 10

/** What a Reflector is to keep of each Node. Pure. */
export function keptForMesh(node: Node): Node {
  const kept = keptOfNode(node)
  const release = node.metadata.annotations?.[releaseAnnotation]
  if (release === undefined) return kept
  return { ...kept, metadata: { ...kept.metadata, annotations: { [releaseAnnotation]: release } } }
}

export function meshNode(node: Node): MeshNode {
  const awaitsCloud = node.spec.taints?.some(({ key }) => key === uninitialized) === true
  return { ...routedNode(node), ...(awaitsCloud ? { awaitsCloud } : {}) }
}

/** The Nodes that a Reflector keeps, by {@link keptForMesh}. */
export function reflectedNodes(
  reflector: Pick<Reflector<Node>, 'list' | 'onChange' | 'synced'>,
  nodes: Pick<Resource<Node>, 'list'>,
): MeshNodes {
  return {
    synced: reflector.synced,
    list: () => reflector.list().map(meshNode),
    onChange(handler) {
      reflector.onChange((change) => {
        const node = meshNode(change.object)
        const told: NodeChange =
          change.type === 'deleted'
            ? { type: 'gone', node, evidence: change.evidence }
            : { type: 'present', node }
        handler(told)
      })
    },
    async readAgain(signal) {
      const all: MeshNode[] = []
      let token: string | undefined
      do {
        const page = await nodes.list(
          { limit: pageSize, ...(token !== undefined && { continue: token }) },
          { signal },
        )
        all.push(...page.items.map(meshNode))
        token = page.continue
      } while (token !== undefined)
      return all
    },
  }
}
