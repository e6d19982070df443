import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import { serve } from '../../test/simulators/http-server.ts'
import type { Change, NodeView, RouteProvider } from '../provider.ts'
import { createEc2Client } from './client.ts'

const v4 = parseCidr('10.244.1.0/24')
const done = { result: 'done' }
const failed = (of: { readonly class: string; readonly code?: string }): unknown => ({
  result: 'failed',
  error: expect.objectContaining(of) as unknown,
})
const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

test('an abort ends a call that hangs, with the reason', async () => {
  world = await createSimulatedAws()
  const table = await world.addTable('a')
  const { target } = await world.addNode('node-1')
  const controller = new AbortController()
  const reason = new Error('the lease is lost')
  world.simulator.faults.inject({
    action: 'CreateRoute',
    when: () => {
      setImmediate(() => controller.abort(reason))
      return true
    },
    fault: { kind: 'hang-before' },
  })
  const changes: Change[] = [{ op: 'create', destination: v4, target }]
  await expect(world.provider.apply(table, { changes }, controller.signal)).rejects.toBe(reason)
})

test('an empty answer is a failure, never an empty list', async () => {
  world = await createSimulatedAws()
  const provider = await providerBefore(() => '')
  const node: NodeView = { name: 'n', providerID: 'aws:///a/i-0123', addresses: [] }
  const notEc2 = { class: 'transient', code: 'NoList' }
  await expect(provider.tables(signal)).rejects.toMatchObject(notEc2)
  await expect(provider.list({ id: 'rtb-1' }, signal)).rejects.toMatchObject(notEc2)
  await expect(provider.targets([{ node, family: 4 }], signal)).rejects.toMatchObject(notEc2)
  await expect(provider.prepare?.([{ kind: 'eni', id: 'eni-1' }], signal)).rejects.toMatchObject(notEc2)
})

test('a table that the answer leaves out is gone, not empty', async () => {
  world = await createSimulatedAws()
  const provider = await providerBefore(() => '<R><routeTableSet/></R>')
  await expect(provider.list({ id: 'rtb-1' }, signal)).rejects.toMatchObject({ class: 'not-found' })
})

test('a propagated route of the same destination is neither in the way nor ours to change', async () => {
  world = await createSimulatedAws()
  const route = (target: string, origin: string): string =>
    `<item><destinationCidrBlock>10.244.1.0/24</destinationCidrBlock>${target}<origin>${origin}</origin></item>`
  const propagated = route('<gatewayId>vgw-1</gatewayId>', 'EnableVgwRoutePropagation')
  let routes = propagated
  const sent: string[] = []
  const provider = await providerBefore((body) => {
    const action = new URLSearchParams(body).get('Action') ?? ''
    if (action !== 'DescribeRouteTables') sent.push(action)
    return `<R><routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet>${routes}</routeSet></item></routeTableSet></R>`
  })
  const apply = (change: Change): Promise<unknown> =>
    provider.apply({ id: 'rtb-1' }, { changes: [change] }, signal)
  const [from, target] = [{ kind: 'eni', id: 'eni-1' } as const, { kind: 'eni', id: 'eni-2' } as const]
  const vgw = { kind: 'other', id: 'vgw-1' } as const
  expect(await apply({ op: 'replace', destination: v4, from: vgw, target })).toEqual([
    failed({ class: 'changed' }),
  ])
  expect(await apply({ op: 'delete', destination: v4, from: vgw })).toEqual([done])
  expect(sent).toEqual([])
  routes = propagated + route('<networkInterfaceId>eni-1</networkInterfaceId>', 'CreateRoute')
  expect(await apply({ op: 'replace', destination: v4, from, target })).toEqual([done])
  expect(sent).toEqual(['ReplaceRoute'])
})

/** The provider before something that answers every request with 200 and that body, until the world is closed. */
async function providerBefore(answer: (body: string) => string): Promise<RouteProvider> {
  const server = await serve({
    handle: ({ body }) => ({ kind: 'response', status: 200, headers: {}, body: answer(body) }),
  })
  onTestFinished(() => server.close())
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', server.url)
  return world.providerWith({ ec2: await createEc2Client(), clusterName: 'x' })
}
