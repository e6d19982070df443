import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Scenario, block, podsOf, scenarios, turns } from './scenario.ts'

const scratch = mkdtempSync(join(tmpdir(), 'podway-scenario-'))
const places = { scratch, disk: '/var/tmp/x' }
afterAll(() => rmSync(scratch, { recursive: true }))

const scenario: Scenario = {
  title: 'x',
  add: 'add-v4',
  del: 'del-v4',
  network: { subnets: [], file: '/x', dataDir: '/y' },
  duplicateDetection: true,
  pods: 2,
  rounds: 3,
  roundsAtATime: 2,
  withKernel: false,
}

test('the order of the contenders changes from round to round', () => {
  expect([0, 1, 2].map((round) => turns(2, round))).toEqual([
    [0, 1],
    [1, 0],
    [0, 1],
  ])
})

test('every turn has pods of its own until the DELs', () => {
  expect(block(scenario, 2, 0)).toEqual([
    { contender: 0, pods: ['pod-0', 'pod-1'] },
    { contender: 1, pods: ['pod-2', 'pod-3'] },
    { contender: 1, pods: ['pod-4', 'pod-5'] },
    { contender: 0, pods: ['pod-6', 'pod-7'] },
  ])
})

test('the last block ends with the rounds, and takes pods that were used before', () => {
  expect(block(scenario, 2, 2)).toEqual([
    { contender: 0, pods: ['pod-0', 'pod-1'] },
    { contender: 1, pods: ['pod-2', 'pod-3'] },
  ])
  expect(podsOf(scenario, 2)).toHaveLength(8)
})

test('pods without duplicate address detection are others', () => {
  const quiet = podsOf({ ...scenario, duplicateDetection: false }, 2)
  expect(quiet.filter((pod) => podsOf(scenario, 2).includes(pod))).toEqual([])
})

test('each scenario is measured at least once, however few rounds are wanted', () => {
  expect(scenarios(1, places).map(({ rounds }) => rounds)).toEqual([1, 1, 1, 1, 1])
})

test('the peer is given all that it needs: a type, an IPAM plugin, and the routes that it sets none of by itself', () => {
  const [v4, onDisk, dual] = scenarios(1, places)
  const read = (some: Scenario | undefined): unknown =>
    JSON.parse(readFileSync(some?.network.file ?? '', 'utf8'))
  expect(read(v4)).toEqual({
    cniVersion: '1.0.0',
    name: 'bench',
    type: 'ptp',
    ipam: {
      type: 'host-local',
      dataDir: join(scratch, 'networks'),
      ranges: [[{ subnet: '10.244.1.0/24' }]],
      routes: [{ dst: '0.0.0.0/0' }],
    },
  })
  expect(read(onDisk)).toMatchObject({ ipam: { dataDir: '/var/tmp/x/networks' } })
  expect(read(dual)).toMatchObject({ ipam: { routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }] } })
})
