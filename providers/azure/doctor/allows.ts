import type { WirePermission } from './wire.ts'

/** Whether any of the roles has the action; what one of them leaves out, another may have. */
export const allows = (permissions: readonly WirePermission[], action: string): boolean =>
  permissions.some(
    ({ actions = [], notActions = [] }) =>
      actions.some((pattern) => fits(pattern, action)) &&
      !notActions.some((pattern) => fits(pattern, action)),
  )

/** `*` is any number of characters; case is of no account. */
const fits = (pattern: string, action: string): boolean =>
  new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`, 'i').test(action)
