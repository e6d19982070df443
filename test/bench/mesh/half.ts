/**
 * A program: the half of the agent that knows the Nodes, as far as the mesh is concerned, with so many of them. It says when
 * all routes are programmed, and on a line of its input what it has used; it ends with its input.
 */
import { createInterface } from 'node:readline'
import { MachineClient } from '../../../agent/machine/machine-client.ts'
import { MachineRoutes } from '../../../agent/mesh/machine-routes.ts'
import { runMesh } from '../../../agent/mesh/mesh.ts'
import { keepHeapSmall } from '../../../cli/small-heap.ts'
import { routeProtocol } from '../../../cni/serve/protocol.ts'
import { systemClock } from '../../../kube/clock.ts'
import { silentLogger } from '../../../kube/log.ts'
import { MemoryNodes } from '../../../agent/mesh/testing/mesh-world.ts'
import { peer } from './peers.ts'

/** What it says: of itself, since it started. */
export interface HalfReport {
  readonly programmed: number
  /** From when the first Node was there until this. */
  readonly ms: number
  readonly cpuMs: number
  readonly rssBytes: number
}

// As the agent does.
keepHeapSmall()
const [, , socket = '', count = '1'] = process.argv
const nodes = new MemoryNodes()
const { signal } = new AbortController()
const tools = { clock: systemClock, random: Math.random, log: silentLogger }
const machine = new MachineClient({ ...tools, socket })
let start = 0
let programmed = 0
const report = (): void => {
  const { system, user } = process.cpuUsage()
  const said: HalfReport = {
    programmed,
    ms: performance.now() - start,
    cpuMs: (system + user) / 1_000,
    rssBytes: process.memoryUsage().rss,
  }
  console.log(JSON.stringify(said))
}
machine.onConnected(() => {
  start = performance.now()
  for (let n = 1; n <= Number(count) + 1; n++) nodes.put(peer(n))
  nodes.sync()
})
createInterface({ input: process.stdin })
  .on('line', report)
  .once('close', () => process.exit())
await Promise.all([
  machine.run(signal),
  runMesh(
    {
      ...tools,
      self: 'node-1',
      nodes,
      kernel: new MachineRoutes(machine),
      protocol: routeProtocol,
      permission: { force: false, sourceDestCheckOff: false },
      policy: 'sync',
      hazards: () => Promise.resolve([]),
      isReleased: () => false,
      observe: {
        status(status) {
          if (status.state !== 'running') return
          programmed = status.programmed
          if (programmed === status.wanted && programmed > 0) report()
        },
        change: () => undefined,
        pass: () => undefined,
      },
    },
    signal,
  ),
])
