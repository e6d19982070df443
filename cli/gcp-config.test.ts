import { describe, expect, test } from 'vitest'
import { type GcpConfig, readGcpConfig } from './gcp-config.ts'
import { type Texts, told } from './testing/told.ts'
import { UsageError } from './usage.ts'

const shared = 'projects/host-1/global/networks/prod'

const read = (texts: Texts): GcpConfig =>
  told(
    'controller',
    { provider: 'gcp', clusterName: 'prod', allocateNodeCidrs: false, ...texts },
    readGcpConfig,
  )

describe('what is said', () => {
  test.each<[flags: Texts, config: Partial<GcpConfig>]>([
    [{}, { project: undefined, networks: [], impersonate: undefined, tags: [] }],
    [{}, { priority: undefined, routesPerNetwork: undefined }],
    [{ gcpProject: 'prod-1' }, { project: 'prod-1' }],
    [{ gcpNetwork: 'prod, other' }, { networks: ['prod', 'other'] }],
    [{ gcpNetwork: shared }, { networks: [shared] }],
    [
      { gcpNetwork: `https://www.googleapis.com/compute/v1/${shared}` },
      { networks: [`https://www.googleapis.com/compute/v1/${shared}`] },
    ],
    [
      { gcpImpersonateServiceAccount: 'p@x.iam.gserviceaccount.com' },
      { impersonate: 'p@x.iam.gserviceaccount.com' },
    ],
    [{ gcpRoutePriority: '800' }, { priority: 800 }],
    [{ gcpRouteTags: 'node,gpu-1' }, { tags: ['node', 'gpu-1'] }],
    [{ gcpRouteTags: '' }, { tags: [] }],
    [{ gcpRoutesPerNetwork: '500' }, { routesPerNetwork: 500 }],
    [{}, { routesPerPeeringGroup: undefined, mode: 'routes', podRanges: [] }],
    [{ gcpRoutesPerPeeringGroup: '700' }, { routesPerPeeringGroup: 700 }],
    [{ gcpMode: 'alias-ip' }, { mode: 'alias-ip', podRanges: [] }],
    [{ gcpMode: 'alias-ip', gcpPodRanges: 'pods, pods-2' }, { podRanges: ['pods', 'pods-2'] }],
  ])('%j', (flags, config) => expect(read(flags)).toMatchObject(config))
})

describe('refused, with the flag in the message', () => {
  test.each<[flags: Texts, message: string]>([
    [{ gcpProject: ' ' }, '--gcp-project is empty'],
    [{ gcpNetwork: '' }, '--gcp-network=: expected names'],
    [{ gcpNetwork: 'Prod' }, '--gcp-network=Prod: expected names'],
    [{ gcpNetwork: 'host/prod' }, '--gcp-network=host/prod: expected names'],
    [
      { gcpImpersonateServiceAccount: 'podway' },
      '--gcp-impersonate-service-account=podway: expected the e-mail',
    ],
    // One less is for moves.
    [{ gcpRoutePriority: '0' }, '--gcp-route-priority=0: expected a whole number from 1 to 65535'],
    [{ gcpRouteTags: 'Node' }, '--gcp-route-tags=Node: expected network tags'],
    [{ gcpMode: 'alias' }, '--gcp-mode=alias: expected'],
    [
      { gcpMode: 'alias-ip', gcpPodRanges: 'Pods' },
      '--gcp-pod-ranges=Pods: expected names of secondary ranges',
    ],
    [{ gcpPodRanges: 'pods' }, '--gcp-pod-ranges=pods: it is for --gcp-mode alias-ip'],
    [{ gcpRoutesPerPeeringGroup: '0' }, '--gcp-routes-per-peering-group=0: expected a whole number'],
    [{ gcpRoutesPerNetwork: 'many' }, '--gcp-routes-per-network=many: expected a whole number'],
  ])('%j', (flags, message) => {
    expect(() => read(flags)).toThrow(UsageError)
    expect(() => read(flags)).toThrow(message)
  })
})
