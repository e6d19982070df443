import { expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { ApiBudget } from '../budget.ts'
import type { Change, Outcome } from '../provider.ts'
import { aliasTableOf } from './alias-table.ts'
import { gcpProvider } from './gcp-provider.ts'
import { gceLimits } from './limits.ts'
import { VirtualGce } from './testing/virtual-gce.ts'

const { signal } = new AbortController()
const network = 'projects/p/global/networks/n'
const zone = 'europe-west1-b'
const operationMs = 3_000

/** Google is looked at once a second where its `wait` does not wait, and a request and its answer take a tenth of one. */
const slackMs = 1_500

// A range can't be on two interfaces: what it is on none is to be as short as the API lets it be.
test('a move leaves the range with nobody for as long as one operation takes, however long the line is', async () => {
  const gce = new VirtualGce({ rates: 'off', operationMs })
  const { estate } = gce.simulator
  estate.addProject('p')
  estate.addNetwork('p', 'n')
  const secondary = { pods: '10.244.0.0/16' }
  const range = '10.0.0.0/24'
  const subnetwork = estate.addSubnetwork({ network, name: 's', region: 'europe-west1', range, secondary })
  const [from, target] = ['old', 'heir'].map((name) => {
    const { path } = estate.addInstance({ project: 'p', zone, name, subnetworks: [subnetwork] })
    return { kind: 'instance', id: path } as const
  })
  if (from === undefined || target === undefined) throw new Error('no instances')
  // One write in twenty seconds.
  const byAction = { ...gceLimits.byAction, mutations: { burst: 1, perSecond: 0.05 } }
  const provider = gcpProvider({
    gce: await gce.open(),
    budget: new ApiBudget({ clock: gce.clock, limits: { ...gceLimits, byAction }, share: 1 }),
    clock: gce.clock,
    clusterName: 'prod',
    mode: 'alias-ip',
    networks: [network],
    instanceProject: 'p',
  })
  const apply = (change: Change): Promise<readonly Outcome[]> =>
    gce.until(provider.apply({ id: aliasTableOf(network) }, { changes: [change] }, signal))
  const destination = parseCidr('10.244.3.0/24')
  await apply({ op: 'create', destination, target: from })
  expect(await apply({ op: 'replace', destination, from, target })).toEqual([{ result: 'done' }])

  const writes = gce.simulator.calls.filter(({ method }) => method === 'instances.updateNetworkInterface')
  const [given, freed, givenAgain] = writes.map(({ time }) => time)
  if (given === undefined || freed === undefined || givenAgain === undefined) throw new Error('three writes')
  expect(freed - given).toBeGreaterThan(30_000)
  // Both take effect when their operations end, so that this is the gap.
  expect(givenAgain - freed).toBeGreaterThanOrEqual(operationMs)
  expect(givenAgain - freed).toBeLessThan(operationMs + slackMs)
})
