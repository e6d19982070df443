import { type JsonObject, listAt, textAt } from '../kubernetes/json.ts'
import { badRequest } from './errors.ts'
import { nameOf, sameId } from './names.ts'
import { type Context, type Operation, page } from './operation.ts'

const group = '/subscriptions/{subscription}/resourceGroups/{group}'
const resource = `${group}/providers/{namespace}/{type}/{name}`
const readPermissions = 'Microsoft.Authorization/permissions/read'

/** Resource groups, all of which are there, and who may do what in them. Assignments are not modelled: see `permits`. */
export const authorizationOperations: readonly Operation[] = [
  {
    name: 'ResourceGroups_Get',
    method: 'GET',
    path: group,
    action: 'Microsoft.Resources/subscriptions/resourceGroups/read',
    handle: ({ id }) => ({
      status: 200,
      body: {
        id,
        name: nameOf(id),
        type: 'Microsoft.Resources/resourceGroups',
        location: 'westeurope',
        properties: { provisioningState: 'Succeeded' },
      },
    }),
  },
  ...[group, resource].map((scope): Operation => ({
    name: scope === group ? 'Permissions_ListForResourceGroup' : 'Permissions_ListForResource',
    method: 'GET',
    path: `${scope}/providers/Microsoft.Authorization/permissions`,
    action: readPermissions,
    handle: ({ permitted }) => ({
      status: 200,
      body: {
        value: [{ actions: permitted(), notActions: [], dataActions: [], notDataActions: [] }],
      },
    }),
  })),
  {
    name: 'ManagementLocks_ListAtResourceGroupLevel',
    method: 'GET',
    path: `${group}/providers/Microsoft.Authorization/locks`,
    action: 'Microsoft.Authorization/locks/read',
    handle: (context) => {
      const inGroup = context.id.split('/').slice(0, 5).join('/')
      const locks = context.state
        .all()
        .filter(
          ({ doc, id }) =>
            textAt(doc, 'type') === lockType && sameId(id.split('/').slice(0, 5).join('/'), inGroup),
        )
      return page(context, locks, ({ doc }) => doc)
    },
  },
  {
    name: 'PolicyAssignments_Create',
    method: 'PUT',
    path: `${group}/providers/Microsoft.Authorization/policyAssignments/{assignment}`,
    action: 'Microsoft.Authorization/policyAssignments/write',
    handle: ({ body, id, state }) => ({
      status: 201,
      body: state.put(id, {
        ...body,
        id,
        name: nameOf(id),
        type: 'Microsoft.Authorization/policyAssignments',
      }).doc,
    }),
  },
  {
    name: 'PolicyRestrictions_CheckAtResourceGroupScope',
    method: 'POST',
    path: `${group}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions`,
    action: 'Microsoft.PolicyInsights/checkPolicyRestrictions/read',
    handle: (context) => {
      if (textAt(context.body, 'resourceDetails', 'resourceContent', 'type') === '')
        throw badRequest('InvalidCheckRestrictionsRequest', 'The resource content has no type.')
      return {
        status: 200,
        body: {
          fieldRestrictions: [],
          contentEvaluationResult: { policyEvaluations: denialsOf(context) },
        },
      }
    },
  },
  ...[group, resource].map((scope): Operation => ({
    name: scope === group ? 'ManagementLocks_CreateAtResourceGroup' : 'ManagementLocks_CreateAtResource',
    method: 'PUT',
    path: `${scope}/providers/Microsoft.Authorization/locks/{lock}`,
    action: 'Microsoft.Authorization/locks/write',
    handle: ({ body, id, state }) => ({
      status: 201,
      body: state.put(id, { ...body, id, name: nameOf(id), type: lockType }).doc,
    }),
  })),
]

/** Those of the resource group that deny a next hop: what assignments say is not modelled beyond that. */
const denialsOf = ({ body, id, state }: Context): readonly JsonObject[] => {
  const inGroup = id.split('/').slice(0, 5).join('/')
  const hops = listAt(body, 'resourceDetails', 'resourceContent', 'properties', 'routes').map((route) =>
    textAt(route, 'properties', 'nextHopType'),
  )
  return state
    .list(`${inGroup}/providers/Microsoft.Authorization/policyAssignments`)
    .map(({ doc, id: assignment }) => ({
      policyInfo: {
        policyAssignmentId: assignment,
        policyDefinitionId: textAt(doc, 'properties', 'policyDefinitionId'),
      },
      evaluationResult: hops.includes(textAt(doc, 'properties', 'parameters', 'deniedNextHop', 'value'))
        ? 'NonCompliant'
        : 'Compliant',
      effectDetails: { policyEffect: textAt(doc, 'properties', 'parameters', 'effect', 'value') || 'Deny' },
    }))
}

const lockType = 'Microsoft.Authorization/locks'
