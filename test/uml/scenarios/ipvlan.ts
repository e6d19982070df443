import { equal } from 'node:assert/strict'
import { ip } from '../../../cni/testing/world.ts'
import type { Scenario } from '../scenario.ts'

const modes = ['l2', 'l3', 'l3s'] as const

export const ipvlanScenarios: readonly Scenario[] = [
  ...modes.map((mode): Scenario => ({
    name: `ipvlan: two pods of one master in mode ${mode} reach each other`,
    run: (place) => {
      const config = place.config('ipvlan', { master: place.dummy(), mode })
      place.attach('one', config)
      place.attach('other', config)
      const { linkinfo } = place.link('one')
      equal(linkinfo?.info_kind, 'ipvlan')
      equal(linkinfo.info_data?.mode, mode)
      place.reaches('one', '10.1.2.3')
      place.detach('one')
      place.doesNotReach('other', '10.1.2.2')
      place.detach('other')
    },
  })),
  {
    name: 'ipvlan: over a VLAN of a link, with an MTU of its own',
    run: (place) => {
      const master = place.vlan(place.dummy(), 7)
      const config = place.config('ipvlan', { master, mtu: 1300 })
      place.attach('one', config)
      place.attach('other', config)
      equal(place.link('one').mtu, 1300)
      equal(place.link('one').linkinfo?.info_data?.mode, 'l2')
      place.reaches('one', '10.1.2.3')
      place.detach('one')
      place.detach('other')
    },
  },
  {
    name: 'ipvlan: over a master in the pod (linkInContainer)',
    run: (place) => {
      place.pod('pod')
      const master = place.dummy('net1', 'pod')
      place.attachTo('pod', place.config('ipvlan', { master, linkInContainer: true }))
      equal(place.link('pod').linkinfo?.info_kind, 'ipvlan')
      place.detach('pod')
      equal(place.link('pod', 'net1').ifname, 'net1')
      ip('pod', 'link', 'del', 'net1')
    },
  },
  {
    name: 'ipvlan: the master is the one with the default route if none is named',
    run: (place) => {
      const master = place.dummy('uplink0')
      ip(undefined, 'addr', 'add', '192.0.2.10/24', 'dev', master)
      ip(undefined, 'route', 'add', 'default', 'via', '192.0.2.1')
      place.attach('pod', place.config('ipvlan'))
      equal(place.link('pod').linkinfo?.info_kind, 'ipvlan')
      place.detach('pod')
    },
    // The reference's CHECK looks for a master whose name is empty.
    oursAlone: true,
  },
  {
    name: 'ipvlan: an unknown mode and a missing master are refused',
    run: (place) => {
      const master = place.dummy()
      place.refused('mode', place.config('ipvlan', { master, mode: 'l4' }), /mode/)
      place.refused('missing', place.config('ipvlan', { master: 'missing0' }), /missing0|Link not found/)
      equal(place.reservations().length, 0)
    },
  },
  {
    name: 'ipvlan: CHECK sees an interface that is gone',
    run: (place) => {
      const config = place.config('ipvlan', { master: place.dummy() })
      place.attach('pod', config)
      ip('pod', 'link', 'del', 'eth0')
      place.checkFails('pod')
      place.detach('pod')
    },
  },
]
