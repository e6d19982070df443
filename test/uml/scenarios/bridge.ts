import { deepEqual } from 'node:assert/strict'
import type { Added, Place } from '../place.ts'
import type { Scenario } from '../scenario.ts'

/** The pod's port on the bridge: the second of the interfaces that ADD prints. */
const portOf = ({ interfaces }: Added): string => interfaces[1]?.name ?? ''

const onVlan = (place: Place, vlan: number, fields: object = {}): Readonly<Record<string, unknown>> =>
  place.config('bridge', { bridge: 'br0', vlan, ...fields })

/** VLAN filtering of a bridge, which few hosts' kernels lack, and the tests' host does. */
export const bridgeScenarios: readonly Scenario[] = [
  {
    name: 'bridge: pods of a VLAN reach each other, and not those of another one',
    run: (place) => {
      const one = place.attach('one', onVlan(place, 100))
      place.attach('two', onVlan(place, 100))
      place.attach('three', onVlan(place, 200))
      deepEqual(place.vlansOf(portOf(one)), ['100 PVID Egress Untagged'])
      place.reaches('one', '10.1.2.3')
      place.doesNotReach('one', '10.1.2.4')
      for (const pod of ['one', 'two', 'three']) place.detach(pod)
    },
  },
  {
    name: 'bridge: the default VLAN is kept beside the pod’s (preserveDefaultVlan)',
    run: (place) => {
      const added = place.attach('pod', onVlan(place, 100, { preserveDefaultVlan: true }))
      deepEqual(place.vlansOf(portOf(added)), ['1 Egress Untagged', '100 PVID Egress Untagged'])
      place.detach('pod')
    },
  },
  {
    name: 'bridge: a pod gets several VLANs, tagged, beside the native one (vlanTrunk)',
    run: (place) => {
      const trunk = [{ minID: 100, maxID: 102 }, { id: 200 }]
      const added = place.attach('pod', place.config('bridge', { bridge: 'br0', vlanTrunk: trunk }))
      deepEqual(place.vlansOf(portOf(added)), ['1 PVID Egress Untagged', '100', '101', '102', '200'])
      place.detach('pod')
    },
  },
  {
    name: 'bridge: a VLAN of the pod’s own and a trunk',
    run: (place) => {
      const added = place.attach('pod', onVlan(place, 50, { vlanTrunk: [{ id: 60 }] }))
      deepEqual(place.vlansOf(portOf(added)), ['50 PVID Egress Untagged', '60'])
      place.detach('pod')
    },
  },
  {
    name: 'bridge: the gateway is reached in the pod’s VLAN',
    run: (place) => {
      place.attach('one', onVlan(place, 100, { isGateway: true }))
      place.attach('two', onVlan(place, 100, { isGateway: true }))
      place.reaches('one', '10.1.2.1')
      place.reaches('two', '10.1.2.1')
      place.reaches('two', '10.1.2.2')
      place.detach('one')
      place.detach('two')
    },
  },
  {
    name: 'bridge: without VLANs pods reach each other and the gateway',
    run: (place) => {
      const config = place.config('bridge', { bridge: 'br0', isDefaultGateway: true })
      place.attach('one', config)
      place.attach('two', config)
      place.reaches('one', '10.1.2.1')
      place.reaches('one', '10.1.2.3')
      place.detach('one')
      place.detach('two')
    },
  },
]
