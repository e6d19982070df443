import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fixture, type World, buildWorld, must, refusal, startFixture } from './sdk-fixture.ts'

describe('faults, as the SDK meets them', () => {
  let fixture: Fixture
  let world: World

  beforeAll(async () => {
    fixture = await startFixture()
    world = await buildWorld(fixture.ec2)
  })
  afterAll(() => fixture.close())

  const create = (n: number, signal?: AbortSignal): Promise<unknown> =>
    fixture.ec2.createRoute(
      {
        RouteTableId: world.tableId,
        DestinationCidrBlock: `10.244.${n}.0/24`,
        NetworkInterfaceId: world.interfaceId,
      },
      signal === undefined ? {} : { abortSignal: signal },
    )
  const lastCall = () => must(fixture.simulator.calls.at(-1))
  const exists = async (n: number): Promise<boolean> => {
    const { RouteTables } = await fixture.ec2.describeRouteTables({
      RouteTableIds: [world.tableId],
      Filters: [{ Name: 'route.destination-cidr-block', Values: [`10.244.${n}.0/24`] }],
    })
    return RouteTables?.length === 1
  }

  test('an error strikes so often, and only the calls that fit', async () => {
    fixture.simulator.faults.inject({
      action: 'CreateRoute',
      when: (parameters) => parameters.get('DestinationCidrBlock') === '10.244.1.0/24',
      times: 2,
      fault: { kind: 'error', code: 'RequestLimitExceeded' },
    })
    await create(2)
    for (let i = 0; i < 2; i++)
      expect(await refusal(create(1))).toMatchObject({ code: 'RequestLimitExceeded', status: 503 })
    expect(lastCall()).toMatchObject({ fault: 'error', code: 'RequestLimitExceeded', executed: false })
    expect(await exists(1)).toBe(false)
    await create(1)
    expect(await exists(1)).toBe(true)
  })

  test.each([
    ['reset-before', 10, false],
    ['reset-after', 11, true],
  ] as const)('%s', async (kind, n, written) => {
    fixture.simulator.faults.inject({ action: 'CreateRoute', fault: { kind } })
    await expect(create(n)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(lastCall()).toMatchObject({ fault: kind, executed: written })
    expect(lastCall().status).toBeUndefined()
    expect(await exists(n)).toBe(written)
  })

  test.each([
    ['hang-before', 20, false],
    ['hang-after', 21, true],
  ] as const)('%s', async (kind, n, written) => {
    const abort = new AbortController()
    fixture.simulator.faults.inject({
      action: 'CreateRoute',
      fault: { kind },
      when: () => {
        setImmediate(() => abort.abort())
        return true
      },
    })
    await expect(create(n, abort.signal)).rejects.toMatchObject({ name: 'AbortError' })
    expect(lastCall()).toMatchObject({ fault: kind, executed: written })
    expect(await exists(n)).toBe(written)
  })

  test('an answer that is lost of a call that was refused: not executed', async () => {
    fixture.simulator.faults.inject({ action: 'CreateRoute', fault: { kind: 'reset-after' } })
    await expect(create(1)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(lastCall()).toMatchObject({ executed: false, code: 'RouteAlreadyExists' })
  })

  test('rules are taken back', async () => {
    const { faults } = fixture.simulator
    const takeBack = faults.inject({ times: 100, fault: { kind: 'reset-before' } })
    takeBack()
    faults.inject({ fault: { kind: 'reset-before' } })
    faults.clear()
    expect(await exists(1)).toBe(true)
  })
})
