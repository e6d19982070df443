import { type Finding, someOf } from '../../finding.ts'
import { isTargetProblem } from '../../provider.ts'
import type { ExaminedNode } from '../../examined.ts'
import { valueOf } from '../../reading.ts'
import { machineOf } from '../resource-ids.ts'
import { found } from './finding-codes.ts'
import { type AzurePicture, type ExaminedPlace, shortName } from './picture.ts'

type Place = ExaminedPlace | { readonly problem: string; readonly message: string }

/** Whether each Node has a machine that runs, and an address to lead to. */
export function checkNodes(picture: AzurePicture): readonly Finding[] {
  const { clusterName, nodes } = picture
  const object = { kind: 'cluster', name: clusterName }
  if (nodes.length === 0) return [found('NoNodes', { object, message: 'The cluster has no Nodes.' })]
  const places = valueOf(picture.places)
  const running = valueOf(picture.running)
  const findings = nodes.flatMap((node) => {
    const place = places?.get(node.name)
    return [...withoutId(node, place), ...(place === undefined ? [] : atPlace(node, place, running))]
  })
  if (findings.length > 0 || places === undefined || running === undefined) return findings
  const message = `${someOf(
    'Node',
    nodes.map(({ name }) => name),
  )} found on machines that run.`
  return [found('NodesLocated', { object, message })]
}

function withoutId({ name, providerID }: ExaminedNode, place: Place | undefined): readonly Finding[] {
  if (providerID !== undefined) return []
  const how =
    place === undefined || 'problem' in place
      ? ''
      : `; by its addresses it is ${shortName(place.machine)}, which may change`
  return [
    found('NodeWithoutProviderID', {
      object: { kind: 'Node', name },
      message: `Node ${name} has no spec.providerID${how}.`,
    }),
  ]
}

function atPlace(
  { name }: ExaminedNode,
  place: Place,
  running: ReadonlyMap<string, boolean> | undefined,
): readonly Finding[] {
  const object = { kind: 'Node', name }
  if ('problem' in place)
    return [
      found('NodeNotFound', { object, message: `No machine of Node ${name} is known: ${place.message}.` }),
    ]
  const unreachable = [...place.targets.values()].filter(isTargetProblem)
  return [
    ...unreachable.map(({ message }) =>
      found('NodeWithoutAddress', { object, message: `Node ${name}: ${message}.` }),
    ),
    ...(running?.get(place.machine) === false
      ? [
          found('MachineNotRunning', {
            object,
            message: `The machine of Node ${name}, ${shortName(place.machine)}, does not run.`,
            fix: `${startOf(place.machine)}, or kubectl delete node ${name}`,
          }),
        ]
      : []),
  ]
}

function startOf(id: string): string {
  const set = machineOf(id)?.scaleSet
  if (set === undefined) return `az vm start --ids ${id}`
  return `az vmss start --ids ${set} --instance-ids ${id.split('/').at(-1) ?? ''}`
}
