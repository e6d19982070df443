import { setTimeout as pause } from 'node:timers/promises'
import { reaches } from '../../../cni/testing/exchange.ts'
import { mustRun } from '../../lab/run.ts'
import { expectNothingLeft } from '../cni/pods.ts'
import { turns } from '../cni/scenario.ts'
import type { Batch, Stopwatch } from '../cni/stopwatch.ts'
import {
  type CallOptions,
  type Contender,
  type Pod,
  addCall,
  containerPort,
  delCall,
  nodeAddress,
} from './contender.ts'
import { type Scenario, nodeIsFull } from './scenario.ts'

/** The rounds of each contender, in the order in which both are given. */
export interface Measured {
  readonly add: readonly (readonly Batch[])[]
  readonly del: readonly (readonly Batch[])[]
}

export interface MeasureOptions {
  readonly stopwatch: Stopwatch
  /** Ours first, then perhaps its peer. */
  readonly contenders: readonly Contender[]
  /** As many as any scenario needs. */
  readonly pods: readonly Pod[]
  readonly scratch: string
  readonly dataDir: string
  readonly environment: Readonly<Record<string, string>>
  readonly progress: { detail(text: string): void }
}

/** How many rounds of ADDs are made before their DELs. */
const roundsAtATime = 10

/** How long pods stay before their DELs: see the bench of the interface alone. */
const settleMs = 3000

/** One scenario, for all contenders in turns. @throws Error where one does not do what it is asked for */
export async function measureScenario(options: MeasureOptions, scenario: Scenario): Promise<Measured> {
  const { contenders, progress } = options
  for (const contender of contenders) await rehearse(options, scenario, contender)
  const add = contenders.map((): Batch[] => [])
  const del = contenders.map((): Batch[] => [])
  const atATime = scenario.pods > 1 ? 1 : roundsAtATime
  for (let round = 0; round < scenario.rounds; round += atATime) {
    progress.detail(`round ${round + 1} of ${scenario.rounds}`)
    const taken = blockOf(options, scenario, round, Math.min(atATime, scenario.rounds - round))
    const results: (readonly string[])[] = []
    for (const { contender, pods } of taken) {
      const batch = await addAll(options, scenario, contender, pods)
      results.push(batch.outputs)
      add[contenders.indexOf(contender)]?.push(batch)
    }
    await pause(settleMs)
    for (const [index, { contender, pods }] of taken.entries())
      del[contenders.indexOf(contender)]?.push(
        await delAll(options, scenario, contender, pods, results[index] ?? []),
      )
  }
  await expectNothingLeft(
    options.pods.map(({ name }) => name),
    options.dataDir,
  )
  return { add, del }
}

interface Turn {
  readonly contender: Contender
  readonly pods: readonly Pod[]
}

/** The turns of some rounds, each with pods of its own until its DELs. */
function blockOf(
  { contenders, pods }: MeasureOptions,
  scenario: Scenario,
  from: number,
  rounds: number,
): readonly Turn[] {
  return Array.from({ length: rounds }, (_, index) => turns(contenders.length, from + index))
    .flat()
    .flatMap((number, turn) => {
      const contender = contenders[number]
      const own = pods.slice(turn * scenario.pods, (turn + 1) * scenario.pods)
      if (own.length < scenario.pods) throw new Error(`no pods for turn ${turn} of ${scenario.key}`)
      return contender === undefined ? [] : [{ contender, pods: own }]
    })
}

/** How many pods the scenarios need at a time. */
export const podsNeeded = (scenarios: readonly Scenario[], contenders: number): number =>
  Math.max(
    nodeIsFull + 1,
    ...scenarios.map(
      ({ pods, rounds }) => contenders * pods * (pods > 1 ? 1 : Math.min(rounds, roundsAtATime)),
    ),
  )

const optionsOf = (
  options: MeasureOptions,
  scenario: Scenario,
  contender: Contender,
  pod: Pod,
): CallOptions => ({
  contender,
  wishes: scenario.wishes,
  pod,
  scratch: options.scratch,
  environment: options.environment,
})

async function addAll(
  options: MeasureOptions,
  scenario: Scenario,
  contender: Contender,
  pods: readonly Pod[],
): Promise<Batch> {
  const batch = await options.stopwatch.run(
    pods.map((pod) => addCall(optionsOf(options, scenario, contender, pod))),
  )
  for (const output of batch.outputs) addressIn(output)
  return batch
}

const delAll = (
  options: MeasureOptions,
  scenario: Scenario,
  contender: Contender,
  pods: readonly Pod[],
  results: readonly string[],
): Promise<Batch> =>
  options.stopwatch.run(
    pods.map((pod, index) => delCall(optionsOf(options, scenario, contender, pod), results[index] ?? '')),
  )

/** The pod's address. @throws Error for a result that does not have exactly one */
function addressIn(output: string): string {
  const { ips = [] } = JSON.parse(output) as { readonly ips?: readonly { readonly address: string }[] }
  const [address = ''] = ips.map((ip) => ip.address.replace(/\/.*/, ''))
  if (ips.length !== 1) throw new Error(`an ADD gave ${ips.length} addresses: ${output}`)
  return address
}

/** Once unmeasured, to warm everything up, and to see that what is asked for is there. */
async function rehearse(options: MeasureOptions, scenario: Scenario, contender: Contender): Promise<void> {
  const { wishes, title } = scenario
  const pods = options.pods.slice(0, 1)
  const { outputs } = await addAll(options, scenario, contender, pods)
  const [pod] = pods
  const fail = (what: string): never => {
    throw new Error(`${contender.name}, ${title}: ${what}`)
  }
  if (pod !== undefined && wishes.ports === 'one') {
    const place = { netns: pod.name, address: nodeAddress, port: pod.hostPort }
    const listen = { listen: addressIn(outputs[0] ?? ''), listenPort: containerPort }
    if ((await reaches(undefined, { ...place, ...listen })) === undefined) fail(`no way to the pod’s port`)
  }
  if (wishes.bandwidth) {
    const queues = JSON.parse(await mustRun({ file: 'tc', args: ['-j', 'qdisc', 'show'] })) as readonly {
      readonly kind: string
    }[]
    const limited = queues.filter(({ kind }) => kind === 'tbf').length
    if (limited !== 2) fail(`${limited} token buckets instead of 2`)
  }
  await delAll(options, scenario, contender, pods, outputs)
}

/** How many pods come and go at once while a node is filled and emptied, which is not measured. */
const fillAtATime = 10

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )

/**
 * ADDs on a node without pods, and on one that is full of pods with ports, some of each in turns: the contender's price of
 * what is there already.
 */
export async function measureFullNode(
  options: MeasureOptions,
  scenario: Scenario,
  rounds: number,
): Promise<{ readonly first: readonly Batch[]; readonly last: readonly Batch[] }> {
  const [contender] = options.contenders
  const [pod, ...others] = options.pods.slice(0, nodeIsFull + 1)
  if (contender === undefined || pod === undefined) throw new Error('nobody to measure')
  const once = async (): Promise<Batch> => {
    const batch = await addAll(options, scenario, contender, [pod])
    await delAll(options, scenario, contender, [pod], batch.outputs)
    return batch
  }
  const first: Batch[] = []
  const last: Batch[] = []
  const blocks = Math.ceil(rounds / roundsAtATime)
  for (let block = 0; block < blocks; block++) {
    options.progress.detail(`block ${block + 1} of ${blocks}`)
    await once()
    for (let round = 0; round < roundsAtATime; round++) first.push(await once())
    const groups = chunks(others, fillAtATime)
    const results: (readonly string[])[] = []
    for (const group of groups) results.push((await addAll(options, scenario, contender, group)).outputs)
    await once()
    for (let round = 0; round < roundsAtATime; round++) last.push(await once())
    for (const [index, group] of groups.entries())
      await delAll(options, scenario, contender, group, results[index] ?? [])
  }
  await expectNothingLeft([], options.dataDir)
  return { first, last }
}
