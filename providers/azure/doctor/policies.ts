import { parseCidr } from '../../../net/cidr.ts'
import { policyPath } from '../arm-api.ts'
import { type Arm, call, documentOf } from '../call.ts'
import { groupOfId } from '../resource-ids.ts'
import { routeName } from '../route-names.ts'
import { nextHop } from '../routes.ts'
import type { ExaminedTable } from './picture.ts'
import type { WirePolicyVerdict } from './wire.ts'

/**
 * Ids of the assignments of policies that deny what the controller writes, by id of the table: it, as it is, with a route
 * more. It is asked, and nothing is written.
 * Source: https://learn.microsoft.com/en-us/rest/api/policyinsights/policy-restrictions
 */
export async function askPolicies(
  arm: Arm,
  tables: readonly ExaminedTable[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const operation = 'PolicyRestrictions_CheckAtResourceGroupScope'
  const found = tables.map(async ({ id, wire }) => {
    const resourceContent = { ...withExample(wire), type: 'Microsoft.Network/routeTables' }
    const body = { resourceDetails: { resourceContent } }
    const request = { operation, method: 'POST', path: policyPath(groupOfId(id)), body } as const
    const answer = await call(arm, request, signal)
    const { contentEvaluationResult } = documentOf(answer.body, operation) as WirePolicyVerdict
    const denying = (contentEvaluationResult?.policyEvaluations ?? []).filter(
      ({ effectDetails, evaluationResult }) =>
        evaluationResult === 'NonCompliant' && effectDetails?.policyEffect?.toLowerCase() === 'deny',
    )
    return [id, denying.map(({ policyInfo }) => policyInfo?.policyAssignmentId ?? '')] as const
  })
  return new Map(await Promise.all(found))
}

/** Of the ranges that are for documents, to an address of the same. */
function withExample(wire: ExaminedTable['wire']): object {
  const destination = parseCidr('192.0.2.0/24')
  const hop = nextHop(destination, { kind: 'address', id: '198.51.100.1' })
  const example = {
    name: routeName(destination, new Set()),
    properties: { addressPrefix: '192.0.2.0/24', ...hop },
  }
  const { properties } = wire
  return { ...wire, properties: { ...properties, routes: [...(properties?.routes ?? []), example] } }
}
