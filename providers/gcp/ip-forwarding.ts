import type { Family } from '../../net/address.ts'
import { ProviderError } from '../errors.ts'
import type { PrepareOutcome, TargetProblem } from '../provider.ts'
import { type Target, formatTarget } from '../route.ts'
import type { WireInstance } from './gce-api.ts'
import type { Sighting } from './instances.ts'
import { instanceOfPath, pathOf } from './resource-names.ts'
import { type TargetFinder, instancesBehind } from './targets.ts'

/**
 * Looks whether the instances may forward packets that are not addressed to them; without it Google drops every packet of a
 * pod. It changes nothing: the property is part of the instance's definition, which is others' (a template of an instance
 * group, Terraform), and setting it takes permission to update all of an instance. Who owns it is told how.
 */
export async function checkIpForwarding(
  finder: TargetFinder,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<readonly PrepareOutcome[]> {
  const sightings = await instancesBehind(finder, targets, signal)
  return targets.map((target, index) => outcomeOf(target, sightings[index] ?? { kind: 'gone' }))
}

/**
 * Why an instance can't be what routes lead to. An alias range is the instance's own, and asks for nothing; so where IPv4 has
 * those, only IPv6 is to be refused.
 */
export function refuseUnlessForwarding(
  { canIpForward, selfLink = '' }: WireInstance,
  family: Family,
): TargetProblem | undefined {
  if (family === 4 || canIpForward === true) return undefined
  return { problem: 'invalid', message: remedy(pathOf(selfLink)) }
}

function outcomeOf(target: Target, sighting: Sighting): PrepareOutcome {
  switch (sighting.kind) {
    case 'gone':
      return failed('not-found', 'notFound', `there is no ${formatTarget(target)}`)
    case 'unknown':
      return { result: 'failed', error: sighting.error }
    case 'instance': {
      const { canIpForward, selfLink } = sighting.instance
      if (canIpForward === true) return { result: 'done', changed: false }
      return failed('invalid', 'IpForwardingOff', remedy(pathOf(selfLink ?? '')))
    }
  }
}

const failed = (errorClass: 'invalid' | 'not-found', code: string, message: string): PrepareOutcome => ({
  result: 'failed',
  error: new ProviderError(errorClass, message, { code, action: 'instances.get' }),
})

function remedy(path: string): string {
  const { project = '', zone = '', instance = path } = instanceOfPath(path) ?? {}
  const where = `${instance} --project ${project} --zone ${zone}`
  return `${path} may not forward packets (canIpForward is false), so those of its pods are dropped: set it in the instance template, or "gcloud compute instances export ${where} --destination i.yaml", add "canIpForward: true", and "gcloud compute instances update-from-file ${where} --source i.yaml --most-disruptive-allowed-action=REFRESH"`
}
