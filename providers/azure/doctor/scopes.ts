import { ProviderError } from '../../errors.ts'
import { authorizationPath, resourceGroupPath, usagesPath } from '../arm-api.ts'
import { type Arm, callForAll, read } from '../call.ts'
import type { ExaminedGroup, ExaminedTable } from './picture.ts'
import type { WireLock, WirePermission, WireUsage } from './wire.ts'

/** Whether the resource groups, and the subscriptions that they are of, are there. @param ids those that the configuration names */
export const readGroups = (
  arm: Arm,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly ExaminedGroup[]> =>
  Promise.all(
    [...new Set(ids)].map(async (id) => {
      try {
        await read(arm, 'ResourceGroups_Get', resourceGroupPath(id), signal)
        return { id, absent: undefined }
      } catch (error) {
        if (error instanceof ProviderError && error.class === 'not-found') return { id, absent: error }
        throw error
      }
    }),
  )

/** What these credentials may do with each, as far as roles say: a deny assignment is not among it. */
export async function readPermissions(
  arm: Arm,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly WirePermission[]>> {
  const found = [...new Set(scopes)].map(async (scope) => {
    const path = authorizationPath(scope, 'permissions')
    return [
      scope,
      await callForAll<WirePermission>(arm, 'Permissions_ListForResource', path, signal),
    ] as const
  })
  return new Map(await Promise.all(found))
}

/** Of the resource groups, and of what is in them. */
export async function readLocks(
  arm: Arm,
  groups: readonly string[],
  signal: AbortSignal,
): Promise<readonly WireLock[]> {
  const found = [...new Set(groups)].map((group) => {
    const path = authorizationPath(group, 'locks')
    return callForAll<WireLock>(arm, 'ManagementLocks_ListAtResourceGroupLevel', path, signal)
  })
  return (await Promise.all(found)).flat()
}

/** How many routes each table takes, by id, where the subscription's limits in its region say so. */
export async function readLimits(
  arm: Arm,
  tables: readonly ExaminedTable[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const regions = Map.groupBy(tables, ({ id, wire }) =>
    usagesPath(id.split('/')[2] ?? '', wire.location ?? ''),
  )
  const found = [...regions].map(async ([path, there]) => {
    const usages = await callForAll<WireUsage>(arm, 'Usages_List', path, signal)
    const limit = usages.find(({ name }) => name?.value === 'RoutesPerRouteTable')?.limit
    return limit === undefined ? [] : there.map(({ id }) => [id, limit] as const)
  })
  return new Map((await Promise.all(found)).flat())
}
