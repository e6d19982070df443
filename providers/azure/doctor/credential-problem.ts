import type { ProviderError } from '../../errors.ts'

/** Of those who issue tokens, and of ARM about the token itself: no role helps. */
const codes: ReadonlySet<string> = new Set([
  'ExpiredAuthenticationToken',
  'InvalidAuthenticationToken',
  'InvalidAuthenticationTokenTenant',
  'AuthenticationFailed',
  'CredentialUnavailableError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
  // OAuth's own, of a secret that is over or wrong.
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
])

/** Whether it is not known who asks, whatever they may do. */
export const isCredentialProblem = ({ class: errorClass, code }: ProviderError): boolean =>
  errorClass === 'unauthorized' && codes.has(code)
