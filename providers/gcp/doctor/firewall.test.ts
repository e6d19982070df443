import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../../net/cidr.ts'
import type { Estate } from '../../../test/simulators/gce/estate.ts'
import { createGceSimulator } from '../../../test/simulators/gce/gce-simulator.ts'
import { jsonOf, wireRequest } from '../../../test/simulators/gce/sdk-fixture.ts'
import type { FirewallPolicy, FirewallPolicyRule } from '../../../test/simulators/gce/state.ts'
import type { WireNetwork } from '../gce-api.ts'
import type { WireEffectiveFirewalls } from '../gce-surroundings.ts'
import { type Passage, passageOf } from './firewall.ts'

const project = 'prod-1'
const network = `projects/${project}/global/networks/prod`
const pods = ['10.244.0.0/16', 'fd00:10:244::/56'].map(parseCidr)
const machine = { network, tags: ['node'], serviceAccounts: ['node@prod-1.iam.gserviceaccount.com'] }

/** What becomes of IPv4 packets in and out, and of IPv6 ones, before rules that let all of them pass and what else is made. */
function passages(spoil: (estate: Estate) => void): readonly Passage['kind'][] {
  const simulator = createGceSimulator({ rates: 'off' })
  const { estate } = simulator
  estate.addProject(project)
  estate.addNetwork(project, 'prod')
  for (const range of ['10.244.0.0/16', 'fd00:10:244::/56'])
    estate.addFirewall({ network, name: `pods${range.length}`, ranges: [range], targetTags: ['node'] })
  spoil(estate)
  const get = (path: string) => jsonOf(simulator.handle(wireRequest('GET', path), 0))
  const { networkFirewallPolicyEnforcementOrder: order } = get('/global/networks/prod') as WireNetwork
  const rules = get('/global/networks/prod/getEffectiveFirewalls') as WireEffectiveFirewalls
  return pods.flatMap((range) =>
    (['INGRESS', 'EGRESS'] as const).map(
      (direction) => passageOf(rules, order, machine, direction, range, pods).kind,
    ),
  )
}

const rule = (more: Partial<FirewallPolicyRule>): FirewallPolicyRule => ({
  ...{ priority: 10, direction: 'INGRESS', action: 'deny', protocols: ['all'], ranges: ['10.0.0.0/8'] },
  ...more,
})
const policy = (type: FirewallPolicy['type'], ...rules: readonly FirewallPolicyRule[]): FirewallPolicy => ({
  ...{ name: 'p', type, rules },
})
const both = { ranges: ['10.0.0.0/8', 'fd00::/16'] }
const open: readonly Passage['kind'][] = ['all', 'all', 'all', 'all']
const closed: readonly Passage['kind'][] = ['none', 'all', 'all', 'all']

describe('the firewall, in Google’s order', () => {
  test.each<[what: string, spoil: (estate: Estate) => void, kinds: readonly Passage['kind'][]]>([
    [
      'the organization denies before the network’s rules',
      (estate) => estate.addFirewallPolicy(network, policy('HIERARCHY', rule({}))),
      closed,
    ],
    [
      'the organization leaves it to the network',
      (estate) =>
        estate.addFirewallPolicy(
          network,
          policy('HIERARCHY', rule({ action: 'goto_next' }), rule({ priority: 20 })),
        ),
      open,
    ],
    [
      'the network’s policy comes after its rules',
      (estate) => estate.addFirewallPolicy(network, policy('NETWORK', rule({}))),
      open,
    ],
    [
      'or before them',
      (estate) => estate.addFirewallPolicy(network, policy('NETWORK', rule({})), { first: true }),
      closed,
    ],
    [
      'a policy alone lets pods in',
      (estate) => {
        estate.removeFirewalls(network)
        estate.addFirewallPolicy(network, policy('NETWORK', rule({ ...both, action: 'allow' })))
      },
      open,
    ],
    [
      'a rule for other networks, other accounts, or that is off',
      (estate) =>
        estate.addFirewallPolicy(
          network,
          policy(
            'HIERARCHY',
            rule({ targets: ['projects/prod-1/global/networks/other'] }),
            rule({ targetServiceAccounts: ['web@prod-1.iam.gserviceaccount.com'] }),
            rule({ disabled: true }),
          ),
        ),
      open,
    ],
    [
      'a rule for secure tags, which nobody sees here; and inspection',
      (estate) =>
        estate.addFirewallPolicy(
          network,
          policy(
            'HIERARCHY',
            rule({ targetTags: ['tagValues/1'] }),
            rule({ action: 'apply_security_profile_group', ranges: ['fd00::/8'] }),
          ),
        ),
      ['depends', 'all', 'depends', 'all'],
    ],
    [
      'only to the addresses of Nodes, not to those of pods there',
      (estate) => {
        estate.removeFirewalls(network)
        const narrow = { ...both, action: 'allow' as const, otherRanges: ['10.0.1.0/24', 'fd20::/64'] }
        estate.addFirewallPolicy(network, policy('NETWORK', rule(narrow)))
      },
      ['part', 'all', 'part', 'all'],
    ],
    [
      'the protocols that pods speak are all',
      (estate) => {
        estate.removeFirewalls(network)
        const protocols = (icmp: string) => ({ protocols: ['tcp:0-65535', 'udp', icmp] })
        estate.addFirewall({ network, name: 'v4', ranges: ['10.0.0.0/8'], ...protocols('icmp') })
        estate.addFirewall({ network, name: 'v6', ranges: ['fd00::/8'], ...protocols('58') })
      },
      open,
    ],
    [
      'of one priority, deny comes first',
      (estate) => estate.addFirewall({ network, name: 'no', action: 'deny', ranges: ['10.0.0.0/8'] }),
      closed,
    ],
    [
      'a rule that is off, and one for other tags, do nothing',
      (estate) => {
        estate.addFirewall({ network, name: 'off', action: 'deny', disabled: true })
        estate.addFirewall({ network, name: 'web', action: 'deny', targetTags: ['web'] })
      },
      open,
    ],
    [
      'out of a Node',
      (estate) =>
        estate.addFirewall({
          network,
          name: 'closed',
          direction: 'EGRESS',
          action: 'deny',
          ranges: ['10.0.0.0/8'],
        }),
      ['all', 'none', 'all', 'all'],
    ],
  ])('%s', (_, spoil, kinds) => {
    expect(passages(spoil)).toEqual(kinds)
  })
})
