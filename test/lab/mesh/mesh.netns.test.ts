import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Flow, answerFlows } from './flow.ts'
import { Segment, type SegmentNode, podOf } from './segment.ts'

const patience = { timeout: 20_000, interval: 100 }

let segment: Segment
let one: SegmentNode
let two: SegmentNode
beforeEach(async () => {
  segment = await Segment.create()
  one = await segment.join(1)
  two = await segment.join(2)
  await vi.waitFor(async () => expect(await one.routes('ours')).toEqual(toTwo), patience)
  await vi.waitFor(async () => expect(await two.routes('ours')).toHaveLength(2), patience)
}, 60_000)
afterEach(() => segment.close())

const toTwo = ['10.244.2.0/24 via 10.0.0.2 dev up0', 'fd00:10:244:2::/64 via fd00::2 dev up0']
const addressesOf = (n: number): readonly string[] => [`::ffff:${podOf(n)[4]}`, podOf(n)[6]]

describe('a mesh of nodes on one segment', () => {
  test('nodes come and go while packets flow: none is lost between those that stay', async () => {
    const ends = await Promise.all([one, two].map(({ machine }) => answerFlows(machine)))
    const flows = [
      await Flow.start(one.machine, addressesOf(2)),
      await Flow.start(two.machine, addressesOf(1)),
    ]
    for (const n of [3, 4]) {
      const guest = await segment.join(n)
      ends.push(await answerFlows(guest.machine))
      await vi.waitFor(async () => expect(await one.routes('ours')).toHaveLength(4), patience)
      await vi.waitFor(async () => expect(await guest.routes('ours')).toHaveLength(4), patience)
      // It is a part of the mesh: its pod is reached from the others', and reaches them.
      const short = [
        await Flow.start(one.machine, addressesOf(n)),
        await Flow.start(guest.machine, addressesOf(2)),
      ]
      for (const flow of short) expect(await flow.end()).toMatchObject({ lost: 0 })
      ends.pop()?.()
      await segment.leave(n)
      await vi.waitFor(async () => expect(await one.routes('ours')).toEqual(toTwo), patience)
    }
    for (const flow of flows) {
      const { lost, sent } = await flow.end()
      expect(lost).toBe(0)
      expect(sent).toBeGreaterThan(100)
    }
    for (const end of ends) end()
  }, 120_000)

  test('both halves restart while packets flow: none is lost', async () => {
    const end = await answerFlows(two.machine)
    const flow = await Flow.start(one.machine, addressesOf(2))
    await one.server.stop('SIGKILL')
    await one.stop()
    one.start()
    await one.serve()
    await vi.waitFor(() => expect(one.status).toMatchObject({ state: 'running', programmed: 2 }), patience)
    expect(await flow.end()).toMatchObject({ lost: 0 })
    end()
    // The new ones hear as the old ones did.
    await one.ip('route flush proto 112')
    await vi.waitFor(async () => expect(await one.routes('ours')).toEqual(toTwo), patience)
  }, 60_000)

  const disasters: readonly {
    readonly name: string
    readonly strike: (node: SegmentNode) => Promise<void>
  }[] = [
    {
      name: 'somebody flushes our routes',
      strike: (node) => node.ip('route flush proto 112', '-6 route flush proto 112'),
    },
    {
      name: 'the link goes down, and up again',
      strike: async (node) => {
        await node.ip('link set up0 down')
        await node.connect()
      },
    },
    {
      name: 'the addresses go, and come back',
      strike: async (node) => {
        await node.ip('addr flush dev up0 scope global')
        await node.connect()
      },
    },
    {
      name: 'the segment moves to a link of another name',
      strike: async (node) => {
        await node.ip('link set up0 down', 'link set up0 name up1', 'link set up1 up')
        await node.ip('addr replace 10.0.0.1/24 dev up1', 'addr replace fd00::1/64 dev up1 nodad')
      },
    },
  ]

  test.each(disasters)(
    '$name: the routes are back, and others’ are as they were',
    async ({ strike }) => {
      await one.ip('route add 10.77.0.0/16 via 10.0.0.2 metric 77', '-6 route add fd77::/48 via fd00::2')
      await one.ip('route add blackhole 10.78.0.0/16')
      await strike(one)
      const dev = (text: string): string => text.replace(/dev up\d/, 'dev up')
      await vi.waitFor(async () => {
        expect((await one.routes('ours')).map(dev)).toEqual(toTwo.map(dev))
        expect(one.status).toMatchObject({ state: 'running', wanted: 2, programmed: 2, problems: [] })
      }, patience)
      expect(await one.routes('others')).toContain('10.78.0.0/16 via link dev none')
      const end = await answerFlows(two.machine)
      const flow = await Flow.start(one.machine, addressesOf(2))
      expect(await flow.end()).toMatchObject({ lost: 0 })
      end()
    },
    60_000,
  )
})
