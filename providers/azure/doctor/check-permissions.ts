import type { ProviderError } from '../../errors.ts'
import { type Finding, capital } from '../../finding.ts'
import { refusals, valueOf } from '../../reading.ts'
import { allows } from './allows.ts'
import { found } from './finding-codes.ts'
import { forwardingWrite, passedInterfaces } from './forwarding.ts'
import { type AzurePicture, placedNodes, shortName } from './picture.ts'

/** What is not known without each reading. */
const readings = {
  places: 'where the Nodes are',
  running: 'whether the machines of Nodes run',
  tables: 'which tables the cluster has, what is in them and who follows them',
  groups: 'whether the subscriptions and resource groups are there',
  networks: 'which tables subnets follow, and whether pools and podCIDRs overlap networks and their peers',
  securityGroups: 'whether network security groups let pods’ packets through',
  permissions: 'whether routes may be written',
  locks: 'whether route tables are locked',
  denials: 'whether a policy denies routes',
  limits: 'how many routes a table takes in the subscription',
} as const satisfies Partial<Record<keyof AzurePicture, string>>

const ofController = new Set<keyof AzurePicture>(['places', 'running', 'tables'])

/** What these credentials may read and write: by what the readings said, and by the roles that they have. */
export function checkPermissions(picture: AzurePicture): readonly Finding[] {
  const findings = [...unread(picture), ...writes(picture), ...locked(picture), ...forbidden(picture)]
  const isMissing = findings.some(({ severity }) => severity === 'error')
  if (isMissing || 'unread' in picture.permissions || valueOf(picture.permissions)?.size === 0)
    return findings
  return [
    ...findings,
    found('PermissionsPresent', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: 'The controller’s calls to Azure are allowed to these credentials.',
    }),
  ]
}

const unread = (picture: AzurePicture): readonly Finding[] =>
  refusals(picture, readings).map(({ error, names, unknown }) =>
    refused(
      names.some((name) => ofController.has(name)) ? 'PermissionMissing' : 'NotExamined',
      error,
      `, so it is not known ${unknown.join('; ')}`,
    ),
  )

/** The operation that was refused is the object, since the permission is told in the message alone. */
const refused = (
  code: 'PermissionMissing' | 'NotExamined',
  error: ProviderError,
  consequence: string,
): Finding =>
  found(code, {
    object: { kind: 'permission', name: error.action ?? 'unknown' },
    message: `${capital(error.message)}${consequence}.`,
  })

/** What the controller has to write: its tables, and interfaces where forwarding is off. */
function writes(picture: AzurePicture): readonly Finding[] {
  const permissions = valueOf(picture.permissions)
  if (permissions === undefined) return []
  const needed = new Map<string, { readonly action: string; readonly scope: string }>()
  const need = (action: string, scope: string): void =>
    void needed.set(`${action} ${scope}`, { action, scope })
  for (const { id } of valueOf(picture.tables)?.chosen ?? []) need('Microsoft.Network/routeTables/write', id)
  for (const { place } of placedNodes(picture))
    for (const one of passedInterfaces(place)) {
      const { action, scope } = forwardingWrite(one)
      if (!one.forwards) need(action, scope)
    }
  return [...needed.values()]
    .filter(({ action, scope }) => !allows(permissions.get(scope) ?? [], action))
    .map(({ action, scope }) =>
      found('PermissionMissing', {
        object: { kind: 'permission', name: action },
        message: `No role of these credentials has ${action} on ${scope}.`,
      }),
    )
}

function locked(picture: AzurePicture): readonly Finding[] {
  const locks = (valueOf(picture.locks) ?? []).filter(({ properties }) => properties?.level === 'ReadOnly')
  return (valueOf(picture.tables)?.chosen ?? []).flatMap(({ id, name }) => {
    const lock = locks.find((one) => `${id}/`.startsWith(scopeOf(one.id ?? '')))
    if (lock === undefined) return []
    return [
      found('RouteTableLocked', {
        object: { kind: 'route-table', name },
        message: `The lock ${shortName(lock.id ?? '')} makes ${name} read-only.`,
        fix: `az lock delete --ids ${lock.id ?? ''}`,
      }),
    ]
  })
}

function forbidden(picture: AzurePicture): readonly Finding[] {
  const denials = valueOf(picture.denials)
  return (valueOf(picture.tables)?.chosen ?? []).flatMap(({ id, name }) =>
    (denials?.get(id) ?? []).map((assignment) =>
      found('PolicyDenies', {
        object: { kind: 'route-table', name },
        message: `The policy assignment ${shortName(assignment)} denies routes in ${name}.`,
        fix: `az policy exemption create --name podway --policy-assignment ${assignment} --exemption-category Waiver --scope ${id}`,
      }),
    ),
  )
}

/** The id of what a lock is on, with a slash behind it. */
const scopeOf = (lock: string): string =>
  `${lock.toLowerCase().split('/providers/microsoft.authorization/')[0] ?? ''}/`
