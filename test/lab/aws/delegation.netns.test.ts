import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FabricState } from '../fabric-state.ts'
import { Stage } from '../testing/stage.ts'
import { ownAddresses, sampleFabric } from './sample-vpc.ts'

/** Pods whose IPv6 addresses lie in prefixes that the VPC delegates to their nodes; in IPv4 there are no routes at all. */
type Name = 'a1' | 'b1'

const prefixes: Readonly<Record<Name, string>> = {
  a1: '2001:db8:0:1:8000::/80',
  b1: '2001:db8:0:2:8000::/80',
}
const addresses = (name: Name): { readonly 4: string; readonly 6: string } => ({
  4: name === 'a1' ? '10.244.1.2' : '10.244.3.2',
  6: prefixes[name].replace('/80', '2'),
})

/** Checks are on, as AWS has them. */
const vpc = (given: Partial<Record<Name, readonly string[]>>): FabricState =>
  sampleFabric(
    { a: [], b: [], db: [] },
    {
      a1: { prefixes: given.a1 ?? [], sourceDestCheck: true },
      b1: { prefixes: given.b1 ?? [], sourceDestCheck: true },
    },
  )
const both = vpc({ a1: [prefixes.a1], b1: [prefixes.b1] })

let stage: Stage

// With routes and without checks all pass, however long a new machine needs to find its neighbours.
const permissive = sampleFabric({}, { a1: { prefixes: [prefixes.a1] }, b1: { prefixes: [prefixes.b1] } })

beforeAll(async () => {
  stage = await Stage.create('delegation', permissive, [
    { name: 'a1', port: 'eni-a1', addresses: ownAddresses('a1'), pod: addresses('a1') },
    { name: 'b1', port: 'eni-b1', addresses: ownAddresses('b1'), pod: addresses('b1') },
    { name: 'db', port: 'eni-db', addresses: ownAddresses('db') },
  ])
})

afterAll(() => stage.close())

beforeEach(() => stage.fabric.apply(both))

test('pods reach pods by the local route alone, with the check on, from whatever subnet', async () => {
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(['timeout', 'ok'])
  expect(await stage.probe('b1/pod', 'a1/pod')).toEqual(['timeout', 'ok'])
  expect(await stage.probe('db', 'a1/pod')).toEqual(['timeout', 'ok'])
})

test('a prefix that is taken from its interface drops what is sent to it, and from it', async () => {
  await stage.fabric.apply(vpc({ a1: [prefixes.a1] }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(['timeout', 'timeout'])
  expect(await stage.probe('db', 'a1/pod')).toEqual(['timeout', 'ok'])
  await stage.fabric.apply(both)
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(['timeout', 'ok'])
})

test('the check lets nobody send from another’s prefix', async () => {
  await stage.fabric.apply(vpc({ a1: [prefixes.b1], b1: [prefixes.a1] }))
  expect(await stage.probe('a1/pod', 'b1/pod')).toEqual(['timeout', 'timeout'])
})
