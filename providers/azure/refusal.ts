import type { WireError } from './wire.ts'

/**
 * Which policies forbid it, in a sentence; undefined if none does. The names that people know are in `additionalInfo`, or
 * that of one in the message among JSON.
 */
export function forbiddingPolicy(error: WireError): string | undefined {
  const denial = [error, ...(error.details ?? [])].find(({ code }) => code === 'RequestDisallowedByPolicy')
  if (denial === undefined) return undefined
  const { additionalInfo = [], code = '', message = '' } = denial
  const told = additionalInfo.flatMap(({ info, type }) => {
    if (type !== 'PolicyViolation' || info === undefined) return []
    return (
      info.policyAssignmentDisplayName ?? info.policyDefinitionDisplayName ?? info.policyAssignmentName ?? []
    )
  })
  const inText = /"policyAssignment":\{"name":"([^"]+)"/.exec(message)?.[1]
  const names = told.length > 0 ? [...new Set(told)] : [inText ?? 'without name']
  const [what, does] = names.length === 1 ? ['policy', 'forbids'] : ['policies', 'forbid']
  const quoted = names.map((name) => JSON.stringify(name)).join(', ')
  const said = message.split(' Policy identifiers:', 1).join()
  return `the Azure ${what} ${quoted} ${does} it: ${said} (${code})`
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
