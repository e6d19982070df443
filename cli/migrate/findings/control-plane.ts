import type { Context } from '../context.ts'
import { isRemovedWhole, rangeGivers, routeControllers, seesControllerManager } from '../controllers.ts'
import { changesNodes } from '../predecessor.ts'
import { type MigrateFinding, found } from './migrate-findings.ts'

/** What else works at routes and podCIDRs, and whether the control plane can be changed at all. */
export function checkControlPlane(context: Context): readonly MigrateFinding[] {
  return [
    ...checkPlatform(context),
    ...checkVersion(context),
    ...checkRoutes(context),
    ...checkRanges(context),
  ]
}

function checkPlatform({ platform }: Context): readonly MigrateFinding[] {
  if (platform === undefined) return []
  const object = { kind: 'cluster', name: platform.name }
  if (platform.managed)
    return [
      found('ManagedControlPlane', {
        object,
        message: `By its Nodes, this is a cluster of ${platform.name}.`,
      }),
    ]
  const fix = `Make each change in ${platform.edit}.`
  const message = `By its Nodes, ${platform.name} made this cluster, and overwrites what is patched.`
  return [found('PlatformOverwrites', { object, message, fix })]
}

function checkVersion({ facts: { version }, from }: Context): readonly MigrateFinding[] {
  const { major, minor } = version
  if (!changesNodes(from) || major > 1 || minor >= 32) return []
  const message = `The API server is Kubernetes ${major}.${minor}, and the node agent needs 1.32.`
  return [found('KubernetesTooOld', { object: { kind: 'cluster', name: `${major}.${minor}` }, message })]
}

const checkRoutes = ({ running }: Context): readonly MigrateFinding[] =>
  routeControllers(running).map((one) =>
    found('RouteControllerAtWork', {
      object: one.object,
      message: isRemovedWhole(one)
        ? `${one.object.kind} ${one.object.name} writes routes for Nodes.`
        : `${one.object.kind} ${one.object.name} writes routes for Nodes: it runs without --configure-cloud-routes=false, which is true by default.`,
    }),
  )

function checkRanges(context: Context): readonly MigrateFinding[] {
  const { allocates, facts, running } = context
  const givers = rangeGivers(running)
  const names = givers.map(({ object }) => `${object.kind} ${object.name}`)
  // Of the control plane's own there is one on each of its nodes, and one of them leads.
  const programs = new Set(
    givers.map(({ container, object }) => (object.kind === 'Pod' ? container.name : object.name)),
  )
  const unseen = 'value' in facts.systemPods && !seesControllerManager(running)
  const cluster = { kind: 'cluster', name: '' }
  if (allocates)
    return [
      ...givers.map(({ object }) =>
        found('AllocatorAtWork', {
          object,
          message: `${object.kind} ${object.name} gives Nodes their podCIDRs.`,
        }),
      ),
      ...(unseen
        ? [
            found('ControllerManagerUnseen', {
              object: cluster,
              message: 'No pod in kube-system runs kube-controller-manager, so its flags can’t be seen.',
            }),
          ]
        : []),
    ]
  if (programs.size > 1)
    return [
      found('SeveralAllocators', {
        object: cluster,
        message: `Nodes get podCIDRs from ${names.join(', ')}.`,
      }),
    ]
  if (givers.length === 0 && 'value' in facts.systemPods && !unseen)
    return [
      found('NoAllocator', { object: cluster, message: 'Nothing is seen to give Nodes their podCIDRs.' }),
    ]
  return []
}
