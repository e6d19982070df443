import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stage } from '../testing/stage.ts'
import { podAddresses, podRanges, sampleMachines } from '../testing/sample-pods.ts'
import { nicId, ownAddresses, route, routesTo, sampleFabric } from './sample-vnet.ts'

let stage: Stage

beforeAll(async () => {
  stage = await Stage.create(
    'az',
    sampleFabric(),
    sampleMachines.map((name) => ({
      name,
      port: nicId(name),
      addresses: ownAddresses(name),
      pod: podAddresses(name),
    })),
  )
})

afterAll(() => stage.close())

const passes = ['ok', 'ok']
const dropped = ['timeout', 'timeout']

test('pods reach pods by the tables of their own subnets, and machines each other by no route of a user', async () => {
  await stage.fabric.apply(sampleFabric())
  expect(await stage.probe('a1/pod', 'a2/pod')).toEqual(passes)
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(passes)
  expect(await stage.probe('db', 'b1/pod')).toEqual(dropped)
  await stage.fabric.apply(sampleFabric({ a: [], b: null }))
  expect(await stage.probe('a1', 'b1')).toEqual(passes)
  expect(await stage.probe('b1', 'db')).toEqual(passes)
  expect(await stage.probe('b1/pod', 'a1/pod')).toEqual(dropped)
})

test('a database whose table gets the routes answers pods', async () => {
  await stage.fabric.apply(sampleFabric({ db: routesTo('b1') }))
  expect(await stage.probe('b1/pod', 'db')).toEqual(passes)
  expect(await stage.probe('a1/pod', 'db')).toEqual(dropped)
})

test('an appliance gets what is for its pods only while IP forwarding is on', async () => {
  await stage.fabric.apply(sampleFabric({}, { b1: { enableIpForwarding: false } }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(dropped)
  expect(await stage.probe('b1/pod', 'a1/pod')).toEqual(dropped)
  expect(await stage.probe('b1', 'a1')).toEqual(passes)
  await stage.fabric.apply(sampleFabric())
  expect(await stage.probe('b1/pod', 'a1/pod')).toEqual(passes)
})

test('a route to a part of the network leads packets by the machine that it names', async () => {
  const around = ['10.0.3.0/24', 'fd00:10:0:3::/64'].map((prefix) => route(prefix, 'a2'))
  // `a2` has a pod, and so it forwards: what it gets for the database it sends on, by its own subnet's table.
  await stage.fabric.apply(sampleFabric({ b: [...routesTo('b1'), ...around] }))
  expect(await stage.probe('b1', 'db')).toEqual(passes)
  await stage.fabric.apply(
    sampleFabric({ b: [...routesTo('b1'), ...around] }, { a2: { enableIpForwarding: false } }),
  )
  expect(await stage.probe('b1', 'db')).toEqual(dropped)
})

test('of the same prefix the user’s route counts, not the system’s', async () => {
  const all = ['10.0.0.0/16', 'fd00:10::/48'].map((prefix) => ({
    prefix,
    nextHop: { kind: 'other' } as const,
  }))
  await stage.fabric.apply(sampleFabric({ a: all }))
  expect(await stage.probe('a1', 'a2')).toEqual(dropped)
  const host = Object.values(ownAddresses('db')).map((address) => ({
    prefix: `${address}/${address.includes(':') ? 128 : 32}`,
    nextHop: { kind: 'vnet' } as const,
  }))
  await stage.fabric.apply(sampleFabric({ a: [...all, ...host] }))
  expect(await stage.probe('a1', 'db')).toEqual(passes)
})

test('a route that moves to another machine takes its packets along, and back', async () => {
  const astray = podRanges('b1').map((prefix) => route(prefix, 'a2'))
  await stage.fabric.apply(sampleFabric({ a: [...routesTo('a1'), ...astray], b: routesTo('a1') }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(dropped)
  await stage.fabric.apply(sampleFabric())
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(passes)
})
