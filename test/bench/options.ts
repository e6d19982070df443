import { parseArgs } from 'node:util'

const benches = ['cni', 'controller', 'google'] as const

export interface BenchOptions {
  readonly bench: (typeof benches)[number]
  /** How often each thing is measured. */
  readonly rounds: number
  /** How many Nodes the controller is given at once. */
  readonly nodes: number
  /** One JSON array as the last line of standard output. */
  readonly json: boolean
  /** A goal that is missed is a failure. */
  readonly check: boolean
}

/** The addresses of the bench's subnets end there. */
const most = 400
const usualNodes = 200

/** Enough for a median that repeats, in about a minute. */
const usualRounds: Readonly<Record<BenchOptions['bench'], number>> = { cni: 60, controller: 50, google: 20 }

export const usage = `Usage: npm run bench -- <cni|controller|google> [options]

  cni         podway-cni against the Go plugins ptp + host-local, in turns: time, CPU, memory, size
  controller  from a Node's registration to its routes, on the simulators of EC2 and Kubernetes
  google      what Google's SDK costs: memory, and how long it blocks when calls are refused

Options:
  --rounds <n>  how often each thing is measured: ${usualRounds.cni} for cni, ${usualRounds.controller} Nodes in a row for controller, ${usualRounds.google} for google
  --nodes <n>   how many Nodes controller is given at once: ${usualNodes}
  --json        print the figures as one JSON array in the last line
  --check       exit code 1 if a goal is missed
  --help        print this

Exit codes: 0 it measured, 1 it could not (or a goal is missed), 64 wrong usage.`

/** @throws Error that says what is wrong with the arguments */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
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
  if (bench !== 'controller' && values.nodes !== undefined) throw new Error('--nodes is for controller only')
  const rounds = wholeNumber('--rounds', values.rounds) ?? usualRounds[bench]
  const nodes = wholeNumber('--nodes', values.nodes) ?? usualNodes
  return { bench, rounds, nodes, json: values.json, check: values.check }
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most) throw new Error(`${flag}=${text}: expected a whole number from 1 to ${most}`)
  return value
}
