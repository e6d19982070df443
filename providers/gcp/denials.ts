import type { ProviderError } from '../errors.ts'

/** Whether a role would help. That there are no credentials, or that Google does not take them, nobody can change by one. */
export const isDenied = ({ code }: ProviderError): boolean => denials.has(code)

const denials: ReadonlySet<string> = new Set([
  'forbidden',
  'insufficientPermissions',
  'IAM_PERMISSION_DENIED',
  'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
])
