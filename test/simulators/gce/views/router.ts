import { timestamp } from '../operations.ts'
import { urlOf } from '../references.ts'
import { type Nat, type Router, projectOf } from '../state.ts'

export const routerView = (router: Router): object => ({
  kind: 'compute#router',
  id: router.id,
  creationTimestamp: timestamp(router.created),
  name: router.name,
  description: '',
  region: urlOf(`projects/${projectOf(router.path)}/regions/${router.region}`),
  network: urlOf(router.network),
  ...(router.nats.length === 0 ? {} : { nats: router.nats.map(natView) }),
  selfLink: urlOf(router.path),
})

const natView = ({ name, ranges, subnetworks = [], type = 'PUBLIC' }: Nat): object => ({
  name,
  type,
  natIpAllocateOption: 'AUTO_ONLY',
  sourceSubnetworkIpRangesToNat: ranges,
  ...(subnetworks.length === 0
    ? {}
    : {
        subnetworks: subnetworks.map(({ ranges: which, secondary, subnetwork }) => ({
          name: urlOf(subnetwork),
          sourceIpRangesToNat: which,
          ...(secondary === undefined ? {} : { secondaryIpRangeNames: secondary }),
        })),
      }),
})
