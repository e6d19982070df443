import { type Finding, capital } from '../../finding.ts'
import { refusals } from '../../reading.ts'
import { calls } from '../gce-api.ts'
import { found } from './finding-codes.ts'
import type { GcpPicture } from './picture.ts'

/** What the controller can't do without, and what is not known without the others. */
const readings = {
  networks: 'whether the networks are there, and who is peered with them',
  places: 'where the Nodes are',
  instances: 'whether other machines have addresses of pods',
  routes: 'which routes there are, and whether there is room for more',
  projects: 'the quotas of the projects, and what their metadata say to the guest agent',
  subnets: 'whether pools and podCIDRs overlap subnets',
  firewalls: 'whether the firewall lets pods’ packets pass',
  peerRoutes: 'how many routes come from peers',
  routers: 'whether Nodes reach the Internet by Cloud NAT',
} as const satisfies Partial<Record<keyof GcpPicture, string>>

const ofController: ReadonlySet<keyof typeof readings> = new Set([
  'networks',
  'places',
  'instances',
  'routes',
  'projects',
  'subnets',
])

/** What these credentials may read and write: by what the readings said, and by what Google says of the writes. */
export function checkPermissions(picture: GcpPicture): readonly Finding[] {
  const findings = [...unread(picture), ...writes(picture)]
  if (findings.some(({ code }) => code !== 'NotExamined')) return findings
  return [
    ...findings,
    found('PermissionsPresent', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: 'The controller’s calls to Compute Engine are allowed to these credentials.',
    }),
  ]
}

const unread = (picture: GcpPicture): readonly Finding[] =>
  refusals(picture, readings).map(({ error, names, unknown }) => {
    const code = names.some((name) => ofController.has(name)) ? 'PermissionMissing' : 'NotExamined'
    const name = permissionOf(error.action) ?? error.action ?? 'unknown'
    const message = `${capital(error.message)}, so it is not known ${unknown.join('; ')}.`
    return found(code, { object: { kind: 'permission', name }, message })
  })

const permissionOf = (action: string | undefined): string | undefined =>
  Object.values(calls).find(({ method }) => method === action)?.permission

function writes({ trials }: GcpPicture): readonly Finding[] {
  const untold = new Map(
    trials.flatMap(({ answer, project }) =>
      typeof answer === 'object' ? [[project, answer.why] as const] : [],
    ),
  )
  return [
    ...trials
      .filter(({ answer }) => answer === 'denied')
      .map(({ permission, project }) =>
        found('PermissionMissing', {
          object: { kind: 'permission', name: permission },
          message: `These credentials lack ${permission} in project ${project}.`,
        }),
      ),
    ...[...untold].map(([project, why]) =>
      found('PermissionUnknown', {
        object: { kind: 'project', name: project },
        message: `Whether routes may be written in project ${project} is not known: ${why}.`,
      }),
    ),
  ]
}
