import { ProviderError } from '../errors.ts'
import type { PrepareOutcome } from '../provider.ts'
import { type Target, formatTarget } from '../route.ts'
import { type Ec2, call } from './call.ts'
import { type Check, type DescribedChecks, checksOf } from './described-checks.ts'
import { interfacesById, primaryInterfaces } from './network-interfaces.ts'
import { ofNewcomer } from './newcomers.ts'
import type { Sightings } from './sightings.ts'
import { isPrimary } from './target-interface.ts'

export interface SourceDestCheckParts {
  readonly ec2: Ec2
  readonly sightings: Sightings
  /** What is known without a reading. */
  readonly described: DescribedChecks
}

/**
 * Turns the source/destination check off where it is on: with it, an interface drops every packet of a pod. Asked and
 * changed by interface, because EC2 refuses to by instance where there are several
 * (https://github.com/kubernetes/kubernetes/issues/92783). An interface that is named twice is changed once.
 *
 * Packets arrive by the target and leave by the instance's primary interface. Where these are two, each has its check,
 * and a target is done only when both are off.
 */
export async function disableSourceDestCheck(
  { ec2, sightings, described }: SourceDestCheckParts,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<readonly PrepareOutcome[]> {
  const ids = [...new Set(targets.filter((target) => target.kind === 'eni').map((target) => target.id))]
  const known = new Map(ids.map((id) => [id, described.take(id)]))
  const read = await readChecks(
    ec2,
    ids.filter((id) => known.get(id) === undefined),
    signal,
  )
  const changes = new Map<string, Promise<PrepareOutcome>>()
  const disableOnce = (check: Check): Promise<PrepareOutcome> => {
    const change = changes.get(check.id) ?? disable(ec2, sightings, check, signal)
    changes.set(check.id, change)
    return change
  }
  const prepare = async (target: Target): Promise<PrepareOutcome> => {
    if (target.kind !== 'eni')
      return failed('invalid', 'UnsupportedTarget', `${formatTarget(target)} is no network interface`)
    const checks = known.get(target.id) ?? read.get(target.id)
    return checks === undefined
      ? unknown(target, sightings)
      : both(await Promise.all(checks.map(disableOnce)))
  }
  return Promise.all(targets.map(prepare))
}

/** Of those interfaces that EC2 knows: filtered for, one that it does not is merely left out. */
async function readChecks(
  ec2: Ec2,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Check[]>> {
  const found = await interfacesById(ec2, ids, signal)
  const secondary = [...found.values()].filter((eni) => !isPrimary(eni))
  const instances = secondary.flatMap(({ Attachment }) => Attachment?.InstanceId ?? [])
  const primary = await primaryInterfaces(ec2, instances, signal)
  return new Map(
    [...found].map(([id, eni]) => [id, checksOf(eni, primary.get(eni.Attachment?.InstanceId ?? ''))]),
  )
}

/** Done only if all are; changed if one was. */
function both(outcomes: readonly PrepareOutcome[]): PrepareOutcome {
  const failure = outcomes.find(({ result }) => result === 'failed')
  return failure ?? { result: 'done', changed: outcomes.some((one) => one.result === 'done' && one.changed) }
}

async function disable(
  ec2: Ec2,
  sightings: Sightings,
  { id, isOff }: Check,
  signal: AbortSignal,
): Promise<PrepareOutcome> {
  if (isOff) return { result: 'done', changed: false }
  try {
    await call(ec2, 'ModifyNetworkInterfaceAttribute', signal, (api, options) =>
      api.modifyNetworkInterfaceAttribute(
        { NetworkInterfaceId: id, SourceDestCheck: { Value: false } },
        options,
      ),
    )
    return { result: 'done', changed: true }
  } catch (thrown) {
    const error = ofNewcomer(thrown, { kind: 'eni', id }, sightings)
    if (!(error instanceof ProviderError)) throw error
    return { result: 'failed', error }
  }
}

function unknown(target: Target, sightings: Sightings): PrepareOutcome {
  const message = `there is no network interface ${target.id}`
  return sightings.isNew(target.id)
    ? failed('transient', unknownCode, `${message} yet, where EC2 was asked`)
    : failed('not-found', unknownCode, message)
}

const unknownCode = 'InvalidNetworkInterfaceID.NotFound'

const failed = (
  errorClass: 'invalid' | 'not-found' | 'transient',
  code: string,
  message: string,
): PrepareOutcome => ({
  result: 'failed',
  error: new ProviderError(errorClass, message, { code, action: 'DescribeNetworkInterfaces' }),
})
