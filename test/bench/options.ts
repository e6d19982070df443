import { parseArgs } from 'node:util'
import { type ClusterSize, readClusterSize, usualClusters } from './controller/cluster-size.ts'

const benches = ['cni', 'chain', 'controller', 'azure', 'google', 'mesh'] as const

export interface BenchOptions {
  readonly bench: (typeof benches)[number]
  /** How often each thing is measured. */
  readonly rounds: number
  /** Which clusters the controller is given. */
  readonly clusters: readonly ClusterSize[]
  /** For how many seconds nothing happens in each of them. */
  readonly steady: number
  /** How many Nodes there are at once. */
  readonly nodes: number
  /** One JSON array as the last line of standard output. */
  readonly json: boolean
  /** A goal that is missed is a failure. */
  readonly check: boolean
}

/** More would only take longer. */
const most = 1_000
/** Four looks at the tables, and one at some of the instances. */
const usualSteady = 360

/** What one subscription's table takes, by the old default; as many as a segment sensibly has. */
const usualNodes = { azure: 400, mesh: 500 } as const

/** Enough for a median that repeats, in about a minute; for the controller, for a 99th percentile. */
const usualRounds: Readonly<Record<BenchOptions['bench'], number>> = {
  cni: 60,
  chain: 30,
  controller: 200,
  azure: 1,
  google: 20,
  mesh: 50,
}

export const usage = `Usage: npm run bench -- <cni|chain|controller|azure|google|mesh> [options]

  cni         podway-cni against the Go plugins ptp + host-local, in turns: time, CPU, memory, size
  chain       podway-cni with masquerading, port mappings and bandwidth against the Go plugins chained, in turns
  controller  from a Node's registration to its routes, and whole clusters, on the simulators of EC2 and Kubernetes
  azure       many Nodes at once, on the simulators of Azure Resource Manager and Kubernetes
  google      what Google's SDK costs: memory, and how long it blocks when calls are refused
  mesh        one node with many peers: how long its routes take, what both halves of its agent use, and repairs

Options:
  --rounds <n>       how often each thing is measured: ${usualRounds.cni} for cni, ${usualRounds.chain} for chain, ${usualRounds.controller} Nodes in a row
                     for controller, ${usualRounds.google} for google, ${usualRounds.mesh} repairs for mesh
  --clusters <list>  for controller: Nodes x route tables, comma-separated, or none; -raised for an account with 20 times
                     AWS's rates, -rival for one whose other client takes half of the writes. An hour for all of
                     ${usualClusters.map(({ name }) => name).join(',')}
  --steady <s>       for how long nothing happens in each cluster: ${usualSteady} seconds
  --nodes <n>        how many Nodes there are at once: ${usualNodes.azure} for azure, ${usualNodes.mesh} peers for mesh
  --json             print the figures as one JSON array in the last line
  --check            exit code 1 if a goal is missed
  --help             print this

Exit codes: 0 it measured, 1 it could not (or a goal is missed), 64 wrong usage.`

/** @throws Error that says what is wrong with the arguments */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      clusters: { type: 'string' },
      steady: { type: 'string' },
      nodes: { type: 'string' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const [name, ...more] = positionals
  const bench = benches.find((known) => known === name)
  if (bench === undefined || more.length > 0)
    throw new Error(`${positionals.join(' ') || 'nothing'} to measure: expected one of ${benches.join(', ')}`)
  for (const [flag, ...owning] of owners)
    if (!owning.some((owner) => owner === bench) && values[flag] !== undefined)
      throw new Error(`--${flag} is for ${owning.join(' and ')} only`)
  return {
    bench,
    rounds: wholeNumber('--rounds', values.rounds) ?? usualRounds[bench],
    clusters: readClusters(values.clusters),
    steady: wholeNumber('--steady', values.steady) ?? usualSteady,
    nodes: wholeNumber('--nodes', values.nodes) ?? (bench === 'mesh' ? usualNodes.mesh : usualNodes.azure),
    json: values.json,
    check: values.check,
  }
}

/** Flags of one bench alone. */
const owners = [
  ['clusters', 'controller'],
  ['steady', 'controller'],
  ['nodes', 'azure', 'mesh'],
] as const

function readClusters(text: string | undefined): readonly ClusterSize[] {
  if (text === undefined) return usualClusters
  return text === 'none' ? [] : text.split(',').map(readClusterSize)
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most) throw new Error(`${flag}=${text}: expected a whole number from 1 to ${most}`)
  return value
}
