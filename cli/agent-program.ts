import { runAgent } from '../agent/agent.ts'
import { MachineClient } from '../agent/machine/machine-client.ts'
import { tcpProbe } from '../agent/probe/tcp-probe.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Clock, systemClock } from '../kube/clock.ts'
import { type KubeEvent, eventType } from '../kube/event.ts'
import { EventRecorder } from '../kube/events.ts'
import type { Logger } from '../kube/log.ts'
import { nodeType } from '../kube/node-type.ts'
import type { Node } from '../kube/objects.ts'
import { Resource } from '../kube/resource.ts'
import { type PodNetwork, podNetworkType } from '../reconciler/pod-network/pod-network.ts'
import type { AgentConfig } from './agent-config.ts'
import { type AgentStatus, openAgentStatus } from './agent-status.ts'
import { connect } from './connect.ts'
import { createLog } from './log.ts'
import { keepHeapSmall } from './small-heap.ts'
import { untilSignal } from './until-signal.ts'
import { version } from './version.ts'

/** What `podway agent` needs of the machine that it runs on. */
export interface AgentSurroundings {
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
  /** Closed when the program ends. */
  readonly client: KubeClient
  readonly status: Pick<AgentStatus, 'metrics' | 'mesh' | 'health' | 'counted' | 'paths'>
}

/** What of the flags is about the work itself. */
export type AgentProgramConfig = Omit<AgentConfig, 'kubeconfig' | 'logLevel' | 'metricsBindAddress'>

export async function runAgentCommand(config: AgentConfig): Promise<void> {
  keepHeapSmall()
  const log = createLog(config.logLevel)
  const client = connect(config.kubeconfig)
  const tools = { clock: systemClock, random: Math.random, log }
  await using status = await openAgentStatus({ ...tools, bindAddress: config.metricsBindAddress })
  await untilSignal(['SIGTERM', 'SIGINT'], (signal) =>
    runAgentProgram(config, { ...tools, client, status }, signal),
  )
}

/** `podway agent` without its process: works until the signal aborts. */
export async function runAgentProgram(
  config: AgentProgramConfig,
  surroundings: AgentSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, random, status } = surroundings
  const { nodeName, probePort, socket } = config
  const tools = { clock, random, log }
  const { health, metrics, paths } = status
  const client = status.counted(surroundings.client)
  const events = new EventRecorder({
    ...tools,
    events: new Resource<KubeEvent>(client, eventType),
    controller: 'podway.dev/agent',
    instance: nodeName,
  })
  const machine = new MachineClient({
    ...tools,
    socket,
    observe: (operation, result, ms) => metrics.operation(operation, result, ms),
  })
  log.info({ version, node: nodeName, socket }, 'agent starts')
  try {
    await runAgent(
      {
        ...tools,
        nodeName,
        settings: config,
        probing: probePort === undefined ? undefined : tcpProbe(probePort, clock),
        mesh: config.mesh && { permission: config.mesh, metrics: status.mesh },
        machine,
        nodes: new Resource<Node>(client, nodeType),
        networks: new Resource<PodNetwork>(client, podNetworkType),
        events,
        metrics,
        health,
        paths,
      },
      signal,
    )
    log.info({}, 'agent stopped: everything stays in place')
  } finally {
    await events.close()
    await client.close()
  }
}
