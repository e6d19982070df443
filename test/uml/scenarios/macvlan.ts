import { equal } from 'node:assert/strict'
import { ip } from '../../../cni/testing/world.ts'
import type { Scenario } from '../scenario.ts'

/** Which modes there are, and whether two pods of one master reach each other without a switch outside. */
const modes = [
  { mode: 'bridge', reach: true },
  { mode: 'private', reach: false },
  { mode: 'vepa', reach: false },
] as const

export const macvlanScenarios: readonly Scenario[] = [
  ...modes.map(({ mode, reach }): Scenario => ({
    name: `macvlan: two pods of one master in mode ${mode} ${reach ? 'reach' : 'don’t reach'} each other`,
    run: (place) => {
      const config = place.config('macvlan', { master: place.dummy(), mode })
      place.attach('one', config)
      place.attach('other', config)
      const { linkinfo } = place.link('one')
      equal(linkinfo?.info_kind, 'macvlan')
      equal(linkinfo.info_data?.mode, mode)
      if (reach) place.reaches('one', '10.1.2.3')
      else place.doesNotReach('one', '10.1.2.3')
      place.detach('one')
      place.detach('other')
    },
  })),
  {
    name: 'macvlan: in mode passthru one pod has the master for itself',
    run: (place) => {
      const master = place.dummy()
      place.attach('one', place.config('macvlan', { master, mode: 'passthru' }))
      equal(place.link('one').linkinfo?.info_data?.mode, 'passthru')
      place.detach('one')
    },
  },
  {
    name: 'macvlan: over a VLAN of a link, with a hardware address that is asked for',
    run: (place) => {
      const master = place.vlan(place.dummy(), 7)
      const config = place.config('macvlan', { master })
      place.attach('one', { ...config, mac: '02:00:00:00:00:07' })
      place.attach('other', config)
      equal(place.link('one').address, '02:00:00:00:00:07')
      equal(place.link('one').linkinfo?.info_data?.mode, 'bridge')
      place.reaches('other', '10.1.2.2')
      place.detach('one')
      place.detach('other')
    },
  },
  {
    name: 'macvlan: over a master in the pod (linkInContainer)',
    run: (place) => {
      place.pod('pod')
      const master = place.dummy('net1', 'pod')
      place.attachTo('pod', place.config('macvlan', { master, linkInContainer: true }))
      equal(place.link('pod').linkinfo?.info_kind, 'macvlan')
      place.detach('pod')
      equal(place.link('pod', 'net1').ifname, 'net1')
      ip('pod', 'link', 'del', 'net1')
    },
  },
  {
    name: 'macvlan: an MTU larger than the master’s, an unknown mode and a missing master are refused',
    run: (place) => {
      const master = place.dummy()
      place.refused('large', place.config('macvlan', { master, mtu: 9000 }), /mtu/i)
      place.refused('mode', place.config('macvlan', { master, mode: 'l2' }), /mode/)
      place.refused('missing', place.config('macvlan', { master: 'missing0' }), /missing0|Link not found/)
      equal(place.reservations().length, 0)
    },
  },
  {
    name: 'macvlan: a length of the queue for broadcasts (bcqueuelen)',
    run: (place) => {
      const master = place.dummy()
      place.attach('pod', place.config('macvlan', { master, bcqueuelen: 2000 }))
      equal(place.link('pod').linkinfo?.info_data?.bcqueuelen, 2000)
      place.detach('pod')
    },
  },
]
