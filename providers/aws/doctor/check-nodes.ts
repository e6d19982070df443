import type { ExaminedNode } from '../../examined.ts'
import { type Finding, someOf } from '../../finding.ts'
import { isTargetProblem } from '../../provider.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import type { AwsPicture, ExaminedPlace } from './picture.ts'

/** Whether each Node has an instance, in a VPC where there are tables to lead to it, and an interface to lead to. */
export function checkNodes(picture: AwsPicture): readonly Finding[] {
  const { clusterName, nodes } = picture
  const object = { kind: 'cluster', name: clusterName }
  if (nodes.length === 0) return [found('NoNodes', { object, message: 'The cluster has no Nodes.' })]
  const places = valueOf(picture.places)
  const vpcs = vpcsOfTables(picture)
  const findings = nodes.flatMap((node) => {
    const place = places?.get(node.name)
    return [...withoutId(node, place), ...(place === undefined ? [] : atPlace(node, place, vpcs))]
  })
  if (findings.length > 0 || places === undefined) return findings
  const message = `${someOf(
    'Node',
    nodes.map(({ name }) => name),
  )} found on instances of ${[...vpcs].join(', ')}.`
  // Without tables, that is said elsewhere.
  return vpcs.size === 0 ? [] : [found('NodesLocated', { object, message })]
}

/** Those in which routes can be written. */
const vpcsOfTables = ({ tables }: AwsPicture): ReadonlySet<string> =>
  new Set((valueOf(tables)?.chosen ?? []).flatMap(({ vpcId }) => vpcId ?? []))

type Place = ExaminedPlace | { readonly problem: string; readonly message: string }

function withoutId({ name, providerID }: ExaminedNode, place: Place | undefined): readonly Finding[] {
  if (providerID !== undefined) return []
  const how =
    place === undefined || 'problem' in place
      ? ''
      : `; by its addresses it is ${place.instanceId}, which may change`
  return [
    found('NodeWithoutProviderID', {
      object: { kind: 'Node', name },
      message: `Node ${name} has no spec.providerID${how}.`,
    }),
  ]
}

function atPlace({ name }: ExaminedNode, place: Place, vpcs: ReadonlySet<string>): readonly Finding[] {
  const object = { kind: 'Node', name }
  if ('problem' in place)
    return [
      found('NodeNotFound', { object, message: `No instance of Node ${name} is known: ${place.message}.` }),
    ]
  if (vpcs.size > 0 && !vpcs.has(place.vpcId)) {
    const message = `Node ${name} (${place.instanceId}) is in ${place.vpcId}, and the cluster's tables are of ${[...vpcs].join(', ')}.`
    return [found('NodeInAnotherVpc', { object, message })]
  }
  if (!isTargetProblem(place.target)) return []
  return [found('NodeInterfaceUnclear', { object, message: `Node ${name}: ${place.target.message}.` })]
}
