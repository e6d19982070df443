import type { Finding } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import { type AwsPicture, placedNodes } from './picture.ts'

/** Whether the interfaces by which pods' packets arrive at the Nodes, and leave them, let them through. */
export function checkSourceDest(picture: AwsPicture): readonly Finding[] {
  const interfaces = valueOf(picture.interfaces)
  if (interfaces === undefined) return []
  const routed = new Set(
    (valueOf(picture.tables)?.chosen ?? []).flatMap(({ routes }) => routes.map(({ target }) => target.id)),
  )
  const passed = placedNodes(picture).flatMap(({ node, place }) =>
    place.interfaces.map((id) => ({
      id,
      node: node.name,
      isRouted: place.interfaces.some((one) => routed.has(one)),
    })),
  )
  const findings = passed.flatMap(({ id, isRouted, node }) => {
    const object = { kind: 'network-interface', name: id }
    const check = interfaces.get(id)?.sourceDestCheck
    if (check === false) return []
    if (check === undefined)
      return [
        found('SourceDestCheckUnknown', { object, message: `EC2 says nothing of ${id} of Node ${node}.` }),
      ]
    return [
      found(isRouted ? 'SourceDestCheckDrops' : 'SourceDestCheckOn', {
        object,
        message: isRouted
          ? `Routes lead to Node ${node}, and the source/destination check of its ${id} is on: it drops every packet to and from pods.`
          : `The source/destination check of ${id} of Node ${node} is on.`,
        fix: `aws ec2 modify-network-interface-attribute --network-interface-id ${id} --no-source-dest-check (the controller does it when it writes the Node's routes).`,
      }),
    ]
  })
  if (findings.length > 0 || passed.length === 0) return findings
  return [
    found('SourceDestCheckOff', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: `The source/destination check is off at all ${passed.length} interfaces of the Nodes.`,
    }),
  ]
}
