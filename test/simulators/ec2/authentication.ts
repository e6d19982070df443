import type { SimulatorRequest } from '../simulator.ts'
import { Ec2Error } from './errors.ts'

const SIGNATURE_V4 =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=[^,\s]+, ?Signature=[0-9a-f]{64}$/

/**
 * Whether the request carries a Signature Version 4 for this service and region. The signature itself is not
 * recomputed: any key is a good one. Returns the id of the key.
 *
 * @throws Ec2Error MissingAuthenticationToken (403) unsigned, AuthFailure (401) signed for something else
 */
export function authenticate(request: SimulatorRequest, region: string): string {
  const header = request.headers.authorization
  if (header === undefined)
    throw new Ec2Error('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
  const match = SIGNATURE_V4.exec(header)
  if (match === null)
    throw new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials', 401)
  if (match[3] !== region)
    throw new Ec2Error(
      'AuthFailure',
      `Credential should be scoped to a valid region, not '${match[3]}'.`,
      401,
    )
  if (match[4] !== 'ec2')
    throw new Ec2Error('AuthFailure', `Credential should be scoped to correct service: 'ec2'.`, 401)
  return match[1] ?? ''
}
