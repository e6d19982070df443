import type { WireError } from './wire.ts'

/**
 * Which policy forbids it, in a sentence; undefined if none does. The name that people know is in `additionalInfo`, or in
 * the message among JSON.
 */
export function forbiddingPolicy(error: WireError): string | undefined {
  if (error.code !== 'RequestDisallowedByPolicy') return undefined
  const info = (error.additionalInfo ?? []).find(({ type }) => type === 'PolicyViolation')?.info
  const name =
    info?.policyAssignmentDisplayName ??
    info?.policyDefinitionDisplayName ??
    info?.policyAssignmentName ??
    /"policyAssignment":\{"name":"([^"]+)"/.exec(error.message ?? '')?.[1]
  const said = (error.message ?? '').split(' Policy identifiers:', 1).join()
  return `the Azure policy ${JSON.stringify(name ?? 'without name')} forbids it: ${said} (${error.code})`
}

/**
 * Which permission is missing, in a sentence, as far as the text of a refusal says so.
 * Source: https://learn.microsoft.com/en-us/azure/role-based-access-control/troubleshooting
 */
export function missingPermission({ code, message = '' }: WireError): string | undefined {
  const linked =
    /does not have permission to perform action\(s\) '([^']+)' on the linked scope\(s\) '([^']+)'/.exec(
      message,
    )
  const [, action, scope] = linked ?? /to perform action '([^']+)' over scope '([^']+)'/.exec(message) ?? []
  const who = /The client '([^']+)'/.exec(message)?.[1]
  if (action === undefined || scope === undefined || who === undefined) return undefined
  return `the permission ${action} on ${scope} is missing for ${who} (${code ?? ''})`
}
