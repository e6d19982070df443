import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Fabric } from '../fabric.ts'
import { Machine } from '../machine.ts'
import { connectPlainPod } from '../plain-pod.ts'
import { type Endpoint, Prober, everyPair, runProbes } from '../probe.ts'
import type { FabricState } from '../fabric-state.ts'
import { sampleFabric } from './sample-vpc.ts'

/** Pods whose IPv6 addresses lie in prefixes that the VPC delegates to their nodes; in IPv4 there are no routes at all. */
const nodes = ['a1', 'b1'] as const
type Name = (typeof nodes)[number]

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

let fabric: Fabric
const machines: Machine[] = []
const endpoints = new Map<string, Endpoint>()

beforeAll(async () => {
  fabric = await Fabric.create('delegation')
  await fabric.apply(both)
  for (const name of [...nodes, 'db'] as const) {
    const machine = await Machine.boot(`d-${name}`)
    machines.push(machine)
    await fabric.plug(`eni-${name}`, { namespace: machine.name, device: 'eth0' })
    if (name !== 'db') await connectPlainPod(machine, 'pod', addresses(name))
    const command = [process.execPath, `${import.meta.dirname}/../prober.ts`]
    const prober = await Prober.start(machine.command(command, name === 'db' ? undefined : 'pod'))
    endpoints.set(
      name,
      name === 'db'
        ? { name, kind: 'machine', prober, addresses: { 4: '10.0.3.10', 6: '2001:db8:0:3::10' } }
        : { name, kind: 'pod', prober, addresses: addresses(name) },
    )
  }
})

// With routes and without checks all pass, however long a new machine needs to find its neighbours.
beforeAll(async () => {
  await fabric.apply(sampleFabric({}, { a1: { prefixes: [prefixes.a1] }, b1: { prefixes: [prefixes.b1] } }))
  const pods = [...endpoints.values()].filter(({ kind }) => kind === 'pod')
  expect(await runProbes(everyPair(pods))).toMatchObject({ ok: 4, natted: 0 })
})

afterAll(async () => {
  await Promise.all([...endpoints.values()].map(({ prober }) => prober.stop()))
  await fabric.close()
  await Promise.all(machines.map((machine) => machine.remove()))
})

beforeEach(() => fabric.apply(both))

/** What becomes of both families' probes, IPv4 first. */
async function probe(from: string, to: string): Promise<readonly string[]> {
  const [one, other] = [endpoints.get(from), endpoints.get(to)]
  if (one === undefined || other === undefined) throw new Error(`no endpoint ${from} or ${to}`)
  const { results } = await runProbes(everyPair([one], [other]), { timeoutMs: 300 })
  return results.map(({ verdict }) => (verdict.kind === 'failed' ? verdict.error : verdict.kind))
}

test('pods reach pods by the local route alone, with the check on, from whatever subnet', async () => {
  expect(await probe('a1', 'b1')).toEqual(['timeout', 'ok'])
  expect(await probe('b1', 'a1')).toEqual(['timeout', 'ok'])
  expect(await probe('db', 'a1')).toEqual(['timeout', 'ok'])
})

test('a prefix that is taken from its interface drops what is sent to it, and from it', async () => {
  await fabric.apply(vpc({ a1: [prefixes.a1] }))
  expect(await probe('a1', 'b1')).toEqual(['timeout', 'timeout'])
  expect(await probe('db', 'a1')).toEqual(['timeout', 'ok'])
  await fabric.apply(both)
  expect(await probe('a1', 'b1')).toEqual(['timeout', 'ok'])
})

test('the check lets nobody send from another’s prefix', async () => {
  await fabric.apply(vpc({ a1: [prefixes.b1], b1: [prefixes.a1] }))
  expect(await probe('a1', 'b1')).toEqual(['timeout', 'timeout'])
})
