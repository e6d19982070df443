import type { ProviderError } from '../../errors.ts'
import { type Finding, capital } from '../../finding.ts'
import { refusals } from '../../reading.ts'
import { missingPermission } from '../refusal.ts'
import { found } from './finding-codes.ts'
import type { AwsPicture } from './picture.ts'

/** What the controller can't do without, and what is not known without the others. */
const readings = {
  places: 'where the Nodes are',
  tables: 'which tables the cluster has, what is in them and who follows them',
  interfaces: 'whether source and destination are checked, and which security groups there are',
  vpcs: 'whether pools and podCIDRs overlap the VPC’s ranges',
  subnets: 'whether pools and podCIDRs overlap subnets',
  peers: 'whether pools and podCIDRs overlap the ranges of peered VPCs',
  groups: 'whether security groups let pods’ packets in',
  acls: 'whether network ACLs let pods’ packets through',
} as const satisfies Partial<Record<keyof AwsPicture, string>>

const ofController = new Set<keyof AwsPicture>(['places', 'tables', 'interfaces'])

/** What these credentials may read and write: by what the readings said, and by the trials of the writes. */
export function checkPermissions(picture: AwsPicture): readonly Finding[] {
  const findings = [...unread(picture), ...writes(picture)]
  if (findings.some(({ code }) => code !== 'NotExamined')) return findings
  return [
    ...findings,
    found('PermissionsPresent', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: 'The controller’s calls to EC2 are allowed to these credentials.',
    }),
  ]
}

const unread = (picture: AwsPicture): readonly Finding[] =>
  refusals(picture, readings).map(({ error, names, unknown }) =>
    denied(
      names.some((name) => ofController.has(name)) ? 'PermissionMissing' : 'NotExamined',
      error,
      `, so it is not known ${unknown.join('; ')}`,
    ),
  )

function writes({ trials }: AwsPicture): readonly Finding[] {
  const untold = Map.groupBy(
    trials.filter(({ answer }) => answer.result === 'untold'),
    ({ action, answer }) => `${action} ${answer.result === 'untold' ? answer.why : ''}`,
  )
  return [
    ...trials.flatMap(({ answer }) =>
      answer.result === 'denied' ? [denied('PermissionMissing', answer.error, '')] : [],
    ),
    ...[...untold.values()].flatMap(([trial]) =>
      trial?.answer.result === 'untold'
        ? [
            found('PermissionUnknown', {
              object: permission(trial.action),
              message: `Whether ec2:${trial.action} is allowed is not known: ${trial.answer.why}.`,
            }),
          ]
        : [],
    ),
  ]
}

function denied(
  code: 'PermissionMissing' | 'NotExamined',
  error: ProviderError,
  consequence: string,
): Finding {
  const missing = error.cause instanceof Error ? missingPermission(error.cause.message) : undefined
  const object = permission(error.action ?? 'unknown')
  const message = `${capital(error.message)}${consequence}.`
  if (missing === undefined) return found(code, { object, message })
  return found(code, {
    object,
    message,
    fix: `Allow ${missing.action} on ${missing.resource ?? '*'} to ${missing.principal}.`,
  })
}

const permission = (action: string): Finding['object'] => ({ kind: 'permission', name: `ec2:${action}` })
