import { ProviderError } from '../errors.ts'
import type { Target } from '../route.ts'
import type { Sightings } from './sightings.ts'

/** What EC2 calls an interface, or the instance behind it, that it does not know. */
const unknownTarget = new Set([
  'InvalidNetworkInterfaceID.NotFound',
  'InvalidNetworkInterface.NotFound',
  'InvalidInstanceID.NotFound',
])

/** The error as it is to be taken: that a target is unknown passes as long as the target is new. */
export function ofNewcomer(error: unknown, target: Target, sightings: Sightings): unknown {
  if (!(error instanceof ProviderError) || error.class !== 'not-found') return error
  if (!unknownTarget.has(error.code) || !sightings.isNew(target.id)) return error
  const { code, action, requestId } = error
  return new ProviderError(
    'transient',
    `${error.message}: ${target.id} is new, and EC2 does not know it everywhere yet`,
    {
      code,
      cause: error,
      ...(action !== undefined && { action }),
      ...(requestId !== undefined && { requestId }),
    },
  )
}
