import type { ProbeResult, ProbeVerdict } from '../lab/probe.ts'
import type { DemoCloud, DemoInstance } from './clouds/demo-cloud.ts'
import type { PublishedFamily } from './cluster.ts'
import { textTable } from './text-table.ts'

/** The route tables as the cloud's API shows them. */
export async function routeTables(cloud: DemoCloud, instances: readonly DemoInstance[]): Promise<string> {
  const nameOf = (target: string): string =>
    instances.find(({ targets }) => targets[4] === target || targets[6] === target)?.name ?? ''
  const parts: string[] = []
  for (const table of cloud.tables) {
    const routes = await cloud.routesIn(table)
    const rows = routes.map(({ destination, target }) => [destination, '→', target, nameOf(target)])
    parts.push(
      `Route table ${table.id} (${table.name})\n${rows.length === 0 ? '  no route of podway' : textTable(rows)}`,
    )
  }
  return `\n${parts.join('\n\n')}\n`
}

/** What the PodNetwork tells agents: to the native ranges, pods need not be masqueraded. */
export function podNetworkTable(families: readonly PublishedFamily[]): string {
  const rows = families.map(({ family, nativeRanges, pools }) => [
    family,
    pools.join(' '),
    nativeRanges.join(' '),
  ])
  return `PodNetwork default\n${textTable([['', 'pools', 'native'], ...rows])}\n`
}

/** Who reached whom: a row a client, a column a pod; both families in one cell. */
export function probeTable(results: readonly ProbeResult[]): string {
  const machines = new Set(
    results.filter(({ probe }) => probe.from.kind === 'machine').map(({ probe }) => probe.from.name),
  )
  const servers = [...new Set(results.map(({ probe }) => probe.to.name))].sort()
  const clients = [...servers, ...[...machines].sort()]
  const cell = (from: string, to: string): string => {
    const both = results.filter(({ probe }) => probe.from.name === from && probe.to.name === to)
    if (both.length === 0) return '·'
    return both.map(({ probe, verdict }) => `${probe.family}${mark(verdict)}`).join(' ')
  }
  const rows = [
    ['from \\ to', ...servers],
    ...clients.map((from) => [from, ...servers.map((to) => cell(from, to))]),
  ]
  return `Probes over TCP, by family: ✓ got through with its own address, N through NAT, ✗ failed\n${textTable(rows)}\n`
}

function mark(verdict: ProbeVerdict): string {
  switch (verdict.kind) {
    case 'ok':
      return '✓'
    case 'natted':
      return 'N'
    case 'failed':
      return '✗'
  }
}
