import { deepEqual, equal } from 'node:assert/strict'
import { ip } from '../../../cni/testing/world.ts'
import type { Scenario } from '../scenario.ts'

const dual = { ranges: [[{ subnet: '10.1.2.0/24' }], [{ subnet: 'fd00:1::/64' }]] }

/** The pod interface of every cluster, on a kernel of another version than the host's. */
export const ptpScenarios: readonly Scenario[] = [
  {
    name: 'ptp: a pod reaches its gateway and another pod, of both families; nothing stays behind',
    run: (place) => {
      const config = place.config('ptp', {}, dual)
      const before = place.links()
      const [one, other] = [place.attach('one', config), place.attach('other', config)]
      equal(one.ips.length, 2)
      for (const { gateway = '' } of one.ips) place.reaches('one', gateway)
      for (const { address } of other.ips) place.reaches('one', address.replace(/\/.*/, ''))
      place.detach('one', true)
      place.detach('other')
      deepEqual(place.links(), before)
      deepEqual(place.reservations(), [])
    },
  },
  {
    name: 'ptp: an MTU, and CHECK sees an address that is gone',
    run: (place) => {
      place.attach('pod', place.config('ptp', { mtu: 1400 }))
      equal(place.link('pod').mtu, 1400)
      ip('pod', 'addr', 'flush', 'dev', 'eth0')
      place.checkFails('pod')
      place.detach('pod')
    },
  },
]
