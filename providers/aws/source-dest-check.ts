import type { NetworkInterface } from '@aws-sdk/client-ec2'
import { ProviderError } from '../errors.ts'
import type { PrepareOutcome } from '../provider.ts'
import { type Target, formatTarget } from '../route.ts'
import { type Ec2, call } from './call.ts'
import { interfacesById } from './network-interfaces.ts'

/**
 * Turns the source/destination check off where it is on: with it, an interface drops every packet of a pod. Asked and
 * changed by interface, because EC2 refuses to by instance where there are several
 * (https://github.com/kubernetes/kubernetes/issues/92783). An interface that is named twice is changed once.
 */
export async function disableSourceDestCheck(
  ec2: Ec2,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<readonly PrepareOutcome[]> {
  const ids = [...new Set(targets.filter((target) => target.kind === 'eni').map((target) => target.id))]
  const outcomes = new Map<string, PrepareOutcome>()
  const found = await interfacesById(ec2, ids, signal)
  for (const id of ids) outcomes.set(id, await disable(ec2, id, found.get(id), signal))
  return targets.map(
    (target) =>
      outcomes.get(target.id) ?? failed('invalid', `${formatTarget(target)} is no network interface`),
  )
}

async function disable(
  ec2: Ec2,
  id: string,
  eni: NetworkInterface | undefined,
  signal: AbortSignal,
): Promise<PrepareOutcome> {
  if (eni === undefined) return failed('not-found', `there is no network interface ${id}`)
  if (eni.SourceDestCheck === false) return { result: 'done', changed: false }
  try {
    await call(ec2, 'ModifyNetworkInterfaceAttribute', signal, (api, options) =>
      api.modifyNetworkInterfaceAttribute(
        { NetworkInterfaceId: id, SourceDestCheck: { Value: false } },
        options,
      ),
    )
    return { result: 'done', changed: true }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return { result: 'failed', error }
  }
}

const failed = (errorClass: 'invalid' | 'not-found', message: string): PrepareOutcome => ({
  result: 'failed',
  error: new ProviderError(errorClass, message, { code: 'InvalidNetworkInterfaceID.NotFound' }),
})
