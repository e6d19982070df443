import { expect, test } from 'vitest'
import { createEc2Simulator } from './ec2-simulator.ts'
import { REGION, verdict, wireRequest } from './sdk-fixture.ts'

const start = Date.UTC(2026, 0, 1)
const tables = (simulator: ReturnType<typeof createEc2Simulator>, now: number): number => {
  const reply = simulator.handle(wireRequest('DescribeRouteTables'), now)
  return reply.kind === 'response' ? reply.body.split('<routeTableId>rtb-').length - 1 : -1
}

test('a stale reading tells what was so that long ago, and only a reading', () => {
  const simulator = createEc2Simulator({ region: REGION, history: 60_000 })
  const make = (now: number): void =>
    expect(verdict(simulator.handle(wireRequest('CreateVpc', { CidrBlock: '10.0.0.0/16' }), now))).toBe('200')
  // Each brings its main table; the association makes two mentions of it.
  make(start)
  const one = tables(simulator, start)
  make(start + 10_000)
  const two = tables(simulator, start + 10_000)
  expect(two).toBe(2 * one)
  const stale = (ms: number): void =>
    void simulator.faults.inject({ action: 'DescribeRouteTables', fault: { kind: 'stale', ms } })
  stale(2_000)
  expect(tables(simulator, start + 11_000)).toBe(one)
  expect(simulator.calls.at(-1)).toMatchObject({ fault: 'stale', executed: true })
  stale(500)
  expect(tables(simulator, start + 11_000)).toBe(two)
  // Before the time that is kept: as far back as it goes.
  stale(3_600_000)
  expect(tables(simulator, start + 11_000)).toBe(0)
  expect(tables(simulator, start + 11_000)).toBe(two)
})

test('without a history the present is told', () => {
  const simulator = createEc2Simulator({ region: REGION })
  simulator.handle(wireRequest('CreateVpc', { CidrBlock: '10.0.0.0/16' }), start)
  simulator.faults.inject({ fault: { kind: 'stale', ms: 1_000 } })
  expect(tables(simulator, start)).toBeGreaterThan(0)
})

test('whoever arranges a test is hindered neither by faults nor by buckets', () => {
  const simulator = createEc2Simulator({
    region: REGION,
    buckets: { DescribeRouteTables: { capacity: 1, refill: 0.001 } },
    unhindered: 'AKIA',
  })
  simulator.faults.inject({ times: 100, fault: { kind: 'reset-before' } })
  for (let i = 0; i < 5; i++)
    expect(verdict(simulator.handle(wireRequest('DescribeRouteTables'), start))).toBe('200')
  const other = wireRequest('DescribeRouteTables')
  const headers = { authorization: other.headers.authorization?.replace('=AKIA/', '=PODWAY/') ?? '' }
  expect(verdict(simulator.handle({ ...other, headers }, start))).toBe('reset')
  expect(verdict(simulator.handle({ ...other, headers }, start))).toBe('RequestLimitExceeded')
})
