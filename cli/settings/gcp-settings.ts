import { gcpModes } from '../../providers/gcp/mode.ts'
import { setting } from './setting.ts'
import { choice, list, matching, someOf, text, wholeNumber } from './value-types.ts'

const group = 'Google Cloud:'
const aCount = { min: 1, max: 100_000 } as const

const name = '[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?'
const network = new RegExp(`^(?:(?:https://[^/]+/compute/[^/]+/)?projects/[^/]+/global/networks/)?${name}$`)
const labels = (what: string): { readonly pattern: RegExp; readonly expected: string } => ({
  pattern: new RegExp(`^${name}$`),
  expected: `expected ${what} of lower-case letters, digits and hyphens, comma-separated`,
})

/** What only Google Cloud has. */
export const gcpSettings = {
  gcpProject: setting({
    group,
    type: text('<id>', 'name the project, or leave it out'),
    description: 'the project of the nodes’ instances',
    unless: '$GOOGLE_CLOUD_PROJECT, else that of the credentials',
  }),
  gcpNetwork: setting({
    group,
    type: someOf('<networks>', {
      pattern: network,
      expected: 'expected names of VPC networks, or projects/PROJECT/global/networks/NAME, comma-separated',
    }),
    description:
      'the VPC networks whose routes are written, comma-separated: names in that project, or projects/HOST/global/networks/NAME of a shared VPC',
    unless: 'that of this instance',
  }),
  gcpImpersonateServiceAccount: setting({
    group,
    type: matching('<email>', /^[^\s@]+@[^\s@]+$/, 'expected the e-mail address of a service account'),
    description: 'act as this service account, by the found credentials’ right to do so',
  }),
  gcpMode: setting({
    group,
    type: choice('<mode>', gcpModes),
    description:
      'how pods are reached: by static routes (routes), or in IPv4 by an alias IP range of the node’s interface (alias-ip)',
    default: 'routes',
  }),
  gcpRoutePriority: setting({
    group,
    // One less is for moves.
    type: wholeNumber('<number>', { min: 1, max: 65_535 }),
    description: 'priority of the routes; moves take one less',
    unless: '1000',
  }),
  gcpRouteTags: setting({
    group,
    type: list('<tags>', labels('network tags')),
    description: 'network tags of the instances that the routes are for, comma-separated',
    unless: 'for all',
  }),
  gcpRoutesPerNetwork: setting({
    group,
    type: wholeNumber('<count>', aCount),
    description: 'how many static routes a network takes, by the project’s quota',
    unless: 'what Google says, else 200',
  }),
  gcpRoutesPerPeeringGroup: setting({
    group,
    type: wholeNumber('<count>', aCount),
    description: 'how many static routes a network takes together with those that it is peered with',
    unless: 'what Google says, else 300',
  }),
  gcpPodRanges: setting({
    group,
    type: list('<names>', labels('names of secondary ranges')),
    description:
      'the secondary ranges of the nodes’ subnets from which nodes get podCIDRs by --gcp-mode alias-ip, comma-separated',
    unless: 'the only one',
  }),
} as const
