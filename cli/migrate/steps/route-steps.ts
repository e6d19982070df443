import { flagOf } from '../../doctor/command-line.ts'
import { routesText } from '../../output.ts'
import { valueOr } from '../cluster-facts.ts'
import type { Context } from '../context.ts'
import { isRemovedWhole, rangeGivers, routeControllers, seesControllerManager } from '../controllers.ts'
import { neededDefinitions } from '../places.ts'
import { controllerWorks, routesProgrammed, routesRecorded } from '../podway-at-work.ts'
import { type Step, type Verdict, done, left, unknown } from '../step.ts'
import { giveFlag } from '../turn-off.ts'

/** The steps that make routes and podCIDRs podway's; the nodes are as they were. */
export function routeSteps(context: Context): readonly Step[] {
  return [
    definitions(context),
    ...(hasRoutesAlready(context) ? [survey(context)] : []),
    routeController(context),
    ...(context.allocates ? [allocator(context)] : []),
    controller(context),
    adopt(context),
    routes(context),
  ]
}

/** The two that had the cloud route to pods; with the others there are no routes yet. */
const hasRoutesAlready = ({ from }: Context): boolean =>
  from === 'cloud-controller-manager' || from === 'kubenet'

function definitions({ facts, from }: Context): Step {
  const there = valueOr(facts.definitions, [])
  const missing = neededDefinitions.filter((name) => !there.includes(name))
  const verdict = (): Verdict => {
    if ('unread' in facts.definitions)
      return unknown(`Which definitions there are is not known: ${facts.definitions.unread.message}.`)
    if (missing.length > 0) return left(`Not defined: ${missing.join(', ')}.`)
    return done('podway’s definitions are established.')
  }
  return {
    name: 'definitions',
    title: 'Define NodeRoutes and PodNetworks',
    why: 'podway records in them which routes are its own. They change nothing by themselves.',
    needs: [],
    how: [`podway migrate --from ${from} --do definitions`, '# or: podway crds | kubectl apply -f -'],
    verdict: verdict(),
    back: 'Delete the definitions, as long as no NodeRoute is there.',
  }
}

function survey(context: Context): Step {
  const { cloudFlags, facts, from } = context
  const verdict = (): Verdict => {
    if (controllerWorks(facts).state === 'done' && routesRecorded(facts).state === 'done')
      return done('The routes are podway’s already.')
    const { routes } = facts
    if (routes === undefined)
      return unknown('The cloud was not asked: name it with --provider and --cluster-name.')
    if (routes.unread.length > 0) return unknown(`${routes.unread.length} of the tables could not be read.`)
    const adoptable = routes.findings.filter(({ answer }) => answer.adopt).length
    const refused = routes.findings.filter(({ answer }) => !answer.adopt && answer.reason !== 'Owned').length
    if (refused > 0) return left(`${routesText(refused)} to podCIDRs can’t be adopted.`)
    return done(
      `${routesText(adoptable)} to podCIDRs ${adoptable === 1 ? 'is' : 'are'} as podway would write ${adoptable === 1 ? 'it' : 'them'}, and ${routes.findings.length - adoptable} podway’s already.`,
    )
  }
  return {
    name: 'survey',
    title: 'Compare the routes that there are with those that podway would write',
    why: 'What is the same is taken over in place, without a write to the cloud; what differs has to be understood before.',
    needs: [],
    how: [
      `podway migrate --from ${from} ${cloudFlags}`,
      `podway adopt ${cloudFlags}`,
      '# and, for the network around the nodes: podway doctor',
    ],
    verdict: verdict(),
    back: 'Nothing was changed.',
  }
}

function routeController({ facts, platform, running }: Context): Step {
  const writers = routeControllers(running)
  const unread = [facts.systemPods, facts.daemonSets, facts.deployments].find((one) => 'unread' in one)
  const verdict = (): Verdict => {
    if (writers.length > 0)
      return left(
        `${writers.map(({ object }) => `${object.kind} ${object.name}`).join(', ')} ${writers.length === 1 ? 'writes' : 'write'} routes.`,
      )
    if (unread !== undefined && 'unread' in unread)
      return unknown(`Whether something else writes routes is not known: ${unread.unread.message}.`)
    return done('Nothing else is seen to write routes.')
  }
  return {
    name: 'route-controller',
    title: 'Turn off the route controller of before',
    why: 'It leaves the routes that it wrote, and packets go on. New Nodes get none until podway works: hold back what starts and removes Nodes until then.',
    needs: [],
    how: writers.flatMap((one) =>
      isRemovedWhole(one)
        ? [`kubectl -n ${one.namespace ?? 'default'} delete ${one.object.kind.toLowerCase()} ${one.name}`]
        : giveFlag(one, { flag: 'configure-cloud-routes', value: 'false' }, platform),
    ),
    verdict: verdict(),
    back: 'Give it --configure-cloud-routes=true again, after podway’s controller is stopped.',
  }
}

function allocator({ facts, platform, running }: Context): Step {
  const givers = rangeGivers(running)
  const verdict = (): Verdict => {
    if (givers.length > 0)
      return left(
        `${givers.map(({ object }) => `${object.kind} ${object.name}`).join(', ')} ${givers.length === 1 ? 'gives' : 'give'} Nodes their podCIDRs.`,
      )
    if ('unread' in facts.systemPods)
      return unknown(
        `Whether something else gives podCIDRs is not known: ${facts.systemPods.unread.message}.`,
      )
    if (!seesControllerManager(running))
      return unknown('kube-controller-manager does not run as a pod, so its flags can’t be seen.')
    return done('Nothing else is seen to give Nodes their podCIDRs.')
  }
  const usesAliases = givers.some(
    ({ container }) => flagOf(container, 'cidr-allocator-type') === 'CloudAllocator',
  )
  return {
    name: 'allocator',
    title: 'Turn off the allocator of podCIDRs of before',
    why: 'Nodes keep the podCIDRs that they have, and podway takes note of them. Nodes that come now get theirs when podway works.',
    needs: [],
    how: [
      ...givers.flatMap((one) =>
        isRemovedWhole(one)
          ? [`kubectl -n ${one.namespace ?? 'default'} delete ${one.object.kind.toLowerCase()} ${one.name}`]
          : giveFlag(one, { flag: 'allocate-node-cidrs', value: 'false' }, platform),
      ),
      ...(usesAliases
        ? ['# It takes podCIDRs from alias IP ranges: give podway --gcp-mode alias-ip, and no pools of IPv4.']
        : []),
    ],
    verdict: verdict(),
    back: 'Stop podway’s controller, and give it --allocate-node-cidrs=true again: it takes note of the podCIDRs that there are.',
  }
}

function controller({ allocates, cloudFlags, facts, ranges }: Context): Step {
  const pools = allocates ? (ranges?.flags ?? ['--cluster-cidr RANGES']) : ['--allocate-node-cidrs=false']
  return {
    name: 'controller',
    title: 'Start podway’s controller',
    why: 'It takes over the routes that are as it would write them, and writes those that are missing. It deletes none that it has not recorded.',
    needs: [],
    how: [
      'kubectl apply -f deploy/manifests/namespace.yaml -f deploy/manifests/controller-rbac.yaml',
      '# As service account podway-system/podway-controller, in the host’s network, with credentials of the cloud:',
      `podway controller ${[cloudFlags, ...pools, '--adopt matching'].join(' ')}`,
      ...(allocates && ranges === undefined
        ? ['# RANGES: those of which the Nodes have had their podCIDRs.']
        : []),
    ],
    verdict: controllerWorks(facts),
    back: 'Stop it, and turn route controller and allocator of before on again; routes stay as they are.',
  }
}

function adopt({ cloudFlags, facts, from }: Context): Step {
  return {
    name: 'adopt',
    title: 'Take over the routes that there are',
    why: 'Only what is recorded as podway’s is repaired, and deleted when its Node goes. Routes are not touched by it. Leave this out for what Terraform goes on to own: --assume adopt.',
    needs: [],
    how: [
      '# podway controller --adopt matching does it by itself; else:',
      `podway migrate --from ${from} ${cloudFlags} --do adopt`,
    ],
    // Before that, who wrote what is the survey's business.
    verdict: notAtWork(facts) ?? routesRecorded(facts),
    back: 'Delete the NodeRoutes while no controller runs, without their finalizer: the routes stay, and are nobody’s.',
  }
}

function routes({ facts }: Context): Step {
  // What a Node is said to be before that is somebody else's word.
  const beforeWork = notAtWork(facts)
  return {
    name: 'routes',
    title: 'Wait until all routes are in all tables',
    why: 'Nothing may rely on a route before it is there.',
    needs: [],
    how: ['kubectl get noderoutes', '# What does not come has its reason there, and in the Node’s Events.'],
    verdict: beforeWork ?? routesProgrammed(facts),
    back: 'As before.',
  }
}

const notAtWork = (facts: Context['facts']): Verdict | undefined =>
  controllerWorks(facts).state === 'left' ? left('podway’s controller does not work yet.') : undefined
