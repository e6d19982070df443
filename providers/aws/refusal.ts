/** Which permission is missing, as far as the text of a refusal says so. */
export interface MissingPermission {
  /** `ec2:CreateRoute` */
  readonly action: string
  /** The ARN of what it was to be done to, where it is said. */
  readonly resource: string | undefined
  /** The ARN of who was refused. */
  readonly principal: string
  /** `no identity-based policy allows the ec2:CreateRoute action`, where it is said. */
  readonly reason: string | undefined
}

/**
 * What a refusal in words says: "User: ARN is not authorized to perform: ACTION on resource: ARN because …", the form of
 * all of AWS's services. EC2 appends the rest in a form that only `sts:DecodeAuthorizationMessage` can read, which takes a
 * permission of its own. Undefined where it says nothing in words, as it did everywhere before 2023 and does in places.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function missingPermission(message: string): MissingPermission | undefined {
  const found =
    /User: (\S+) is not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+?))?(?: (because|with) (.+?))?\.?$/s.exec(
      inWords(message),
    )
  const [, principal, action, resource, how, reason] = found ?? []
  if (principal === undefined || action === undefined) return undefined
  return {
    action,
    principal,
    resource: resource === '*' ? undefined : resource,
    reason: reason === undefined ? undefined : how === 'with' ? `denied with ${reason}` : reason,
  }
}

/** A refusal ends with kilobytes that no person, no Event can read. */
export const inWords = (message: string): string => message.replace(encoded, '')

export const isEncoded = (message: string): boolean => encoded.test(message)

const encoded = /\s*Encoded authorization failure message:.*$/s
