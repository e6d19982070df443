import type { Context } from './action.ts'
import { Ec2Error } from './errors.ts'

/** Calls that the caller's policies do not allow. Everything else is allowed. */
export interface Denial {
  readonly action: string
  /** Which calls of the action, as a condition in a policy would say; all without it. */
  readonly when?: (parameters: ReadonlyMap<string, string>) => boolean
  /** Whether the refusal tells in words what is missing, as EC2 does where it can. True unless told. */
  readonly inWords?: boolean
}

export interface Permissions {
  /** Returns what takes the denial back. */
  deny(denial: Denial): () => void
}

export interface PermissionBook extends Permissions {
  /** @throws Ec2Error UnauthorizedOperation (403) */
  check(action: string, parameters: ReadonlyMap<string, string>, context: Context): void
}

export function createPermissionBook(): PermissionBook {
  const denials = new Set<Denial>()
  return {
    deny(denial) {
      denials.add(denial)
      return () => void denials.delete(denial)
    },
    check(action, parameters, context) {
      for (const denial of denials)
        if (denial.action === action && (denial.when?.(parameters) ?? true))
          throw unauthorized(action, parameters, context, denial.inWords ?? true)
    },
  }
}

/**
 * What it was to be done to, for the actions whose permission is by resource. Describe calls have none.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
const resources: readonly (readonly [parameter: string, type: string])[] = [
  ['RouteTableId', 'route-table'],
  ['NetworkInterfaceId', 'network-interface'],
  ['GroupId', 'security-group'],
]

/** As EC2 words it: https://repost.aws/knowledge-center/ec2-not-auth-launch */
function unauthorized(
  action: string,
  parameters: ReadonlyMap<string, string>,
  { region, accountId }: Context,
  inWords: boolean,
): Ec2Error {
  const [parameter = '', type = ''] = resources.find(([name]) => parameters.has(name)) ?? []
  const id = action.startsWith('Describe') ? undefined : parameters.get(parameter)
  const on = id === undefined ? '' : ` on resource: arn:aws:ec2:${region}:${accountId}:${type}/${id}`
  const words = `User: arn:aws:sts::${accountId}:assumed-role/podway/session is not authorized to perform: ec2:${action}${on} because no identity-based policy allows the ec2:${action} action. `
  const message = `You are not authorized to perform this operation. ${inWords ? words : ''}Encoded authorization failure message: ${'nQ2xkV0b'.repeat(40)}`
  return new Ec2Error('UnauthorizedOperation', message, 403)
}
