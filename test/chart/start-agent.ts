import { expect, vi } from 'vitest'
import { FakeMachine } from '../../agent/testing/fake-machine.ts'
import { runAgentProgram } from '../../cli/agent-program.ts'
import { openAgentStatus } from '../../cli/agent-status.ts'
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { agentToken, clientWithToken } from '../control-plane/agent-token.ts'
import { clientOf } from '../control-plane/cluster-client.ts'
import type { RunningControlPlane } from '../control-plane/server.ts'

export interface RunningAgent extends AsyncDisposable {
  /** Resolves when it has nothing left to do. */
  readonly isSetUp: () => Promise<void>
}

/** The agent of a node, with the token that a kubelet would give it, over a machine that only remembers. */
export async function startAgent(cluster: RunningControlPlane, nodeName: string): Promise<RunningAgent> {
  const admin = clientOf(cluster.admin)
  const client = clientWithToken(cluster, await agentToken(admin, nodeName).finally(() => admin.close()))
  const machine = await new FakeMachine().start()
  const tools = { clock: systemClock, random: Math.random, log: silentLogger }
  const status = await openAgentStatus({ ...tools, bindAddress: undefined })
  const stop = new AbortController()
  const running = runAgentProgram(
    {
      nodeName,
      socket: machine.socket,
      masquerade: [4, 6],
      masqueradeLinkLocal: true,
      randomFully: true,
      nonMasqueradeCidrs: [],
      antiSpoofing: true,
      blockMetadata: false,
      mtu: undefined,
      probePort: 10_279,
      // On a cloud it would be refused; it has a condition that is there at once.
      mesh: { force: true, sourceDestCheckOff: false },
    },
    { ...tools, client, status },
    stop.signal,
  )
  return {
    isSetUp: () =>
      vi.waitFor(
        () => {
          expect(machine.settings).toBeDefined()
          expect(status.health.missing()).toEqual([])
        },
        { timeout: 60_000, interval: 50 },
      ),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await machine[Symbol.asyncDispose]()
    },
  }
}
