import type { Command } from 'commander'
import { delay, systemClock } from '../../kube/clock.ts'
import { keptOfNode } from '../../kube/kept-node.ts'
import type { KubeClient } from '../../kube/client.ts'
import { silentLogger } from '../../kube/log.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import { Resource } from '../../kube/resource.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import type { LedgerRecord } from '../../reconciler/ledger/record.ts'
import { type NodeRoute, nodeRouteType, recordOf } from '../../reconciler/node-route/node-route.ts'
import { type LeasePlace, findLeader } from '../apply/busy-controller.ts'
import { connect } from '../connect.ts'
import { type ListFormat, standardOutput } from '../output.ts'
import type { Settings } from '../settings/command-settings.ts'
import { addSettings } from '../settings/options.ts'
import { readSettings } from '../settings/read-settings.ts'
import { sourcesOf } from '../survey/open-survey.ts'
import { paintOf } from '../terminal/paint.ts'
import { UsageError } from '../usage.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits, withRetries } from '../with-retries.ts'
import { type StatusParts, type WatchParts, runStatus, watchStatus } from './run-status.ts'

interface StatusConfig {
  readonly watch: boolean
  readonly nodes: string | undefined
  readonly state: string | undefined
  readonly lease: LeasePlace
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .summary('show how the routes of the Nodes stand')
    .description(
      'Shows for each Node and each route table how its routes stand, what Nodes wait for, and which controller works: by Nodes and NodeRoutes alone. No cloud is asked, nothing is written.',
    )
    .addHelpText(
      'after',
      `
Example:
  $ podway status
  $ podway status --watch
  $ podway status --output json | jq -r '.nodes[] | select(.routed | not) | .name'

Exit codes: 0 shown, 1 failed, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(await readSettings(command, 'status', readStatusConfig)),
    )
  addSettings(command, 'status')
}

/** @throws UsageError */
function readStatusConfig(settings: Settings<'status'>): StatusConfig {
  const { kubeconfig, nodes, output, state, watch } = settings
  if (nodes !== undefined && state === undefined)
    throw new UsageError(`--nodes=${nodes} takes --state: without an API server, a file has the routes`)
  if (watch && (state !== undefined || output !== 'table'))
    throw new UsageError(
      '--watch follows the API server, for people: leave out --state, --nodes and --output',
    )
  const { leaderElectResourceName: name, leaderElectResourceNamespace: namespace } = settings
  return { watch, nodes, state, lease: { name, namespace }, kubeconfig, output }
}

async function run(config: StatusConfig): Promise<void> {
  const { lease, output: format, watch } = config
  const kube = config.nodes === undefined ? connect(config.kubeconfig) : undefined
  try {
    const { ledger, nodes } = sourcesOf(config, kube, standardOutput)
    const tools = { now: () => systemClock.now(), waits: commandWaits }
    const parts: StatusParts = {
      nodes: (signal) => withRetries(() => nodes(signal), commandWaits, signal),
      records: (signal) => withRetries(() => ledger.read(signal), commandWaits, signal),
      leader: (signal) =>
        kube === undefined ? Promise.resolve(undefined) : findLeader(kube, lease, tools, signal),
      output: standardOutput,
      paint: paintOf(process.stdout),
      now: tools.now,
    }
    await untilSignal(['SIGTERM', 'SIGINT'], async (signal) => {
      if (!watch || kube === undefined) await runStatus(format, parts, signal)
      else await watchStatus(watching(kube, parts), signal)
    })
  } finally {
    await kube?.close()
  }
}

/** Changes that come together are shown together; and the leader's Lease, which is not watched, is looked at. */
const pauseMs = 500
const leaderMs = 5_000

/** Nodes and NodeRoutes by their watches, so that a cluster is not listed again and again. */
function watching(kube: KubeClient, parts: StatusParts): WatchParts {
  const tools = { clock: systemClock, random: Math.random, log: silentLogger }
  const nodes = new Reflector<Node>({
    ...tools,
    resource: new Resource<Node>(kube, nodeType),
    keep: keptOfNode,
  })
  const records = new Reflector<NodeRoute>({
    ...tools,
    resource: new Resource<NodeRoute>(kube, nodeRouteType),
  })
  return {
    ...parts,
    nodes: () => Promise.resolve(nodes.list()),
    records: () => Promise.resolve(records.list().flatMap(readRecord)),
    rows: () => ((process.stdout.isTTY as boolean | undefined) === true ? process.stdout.rows : undefined),
    async follow(changed, signal) {
      const stop = new AbortController()
      const stopped = AbortSignal.any([signal, stop.signal])
      const running = Promise.all([nodes.run(stopped), records.run(stopped)])
      // It is awaited below; what comes first tells the same.
      running.catch(() => undefined)
      let news = Promise.withResolvers<undefined>()
      for (const reflector of [nodes, records]) reflector.onChange(() => news.resolve(undefined))
      try {
        // The first look says at once what keeps it from being made.
        await Promise.all([parts.nodes(stopped), parts.records(stopped)])
        await Promise.all([nodes.synced, records.synced])
        while (!signal.aborted) {
          news = Promise.withResolvers<undefined>()
          await changed()
          const pause = new AbortController()
          const over = AbortSignal.any([stopped, pause.signal])
          await Promise.race([news.promise, delay(systemClock, leaderMs, over)])
          pause.abort()
          await delay(systemClock, pauseMs, stopped)
        }
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        stop.abort()
        await running.catch(() => undefined)
      }
    },
  }
}

/** One that was edited into something else says nothing. */
function readRecord(object: NodeRoute): readonly LedgerRecord[] {
  try {
    return [recordOf(object)]
  } catch (error) {
    if (error instanceof AddressSyntaxError) return []
    throw error
  }
}
