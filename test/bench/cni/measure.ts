import { setTimeout as pause } from 'node:timers/promises'
import { type Contender, type Verb, callEnvironment, checkResult } from './contender.ts'
import { createPods, deletePods, expectNothingLeft, interfaces, withoutDuplicateDetection } from './pods.ts'
import {
  type Places,
  type Scenario,
  type Step,
  type Turn,
  block,
  podsOf,
  scenarios,
  turns,
} from './scenario.ts'
import type { Batch, Call, Stopwatch } from './stopwatch.ts'

/** The rounds of each step for each contender, in the order in which both are given. */
export type Measurements = ReadonlyMap<Step, readonly (readonly Batch[])[]>

/** What the kernel's own part of an IPv4 ADD takes, and of its DEL, which waits until all memory is freed. */
export type KernelRounds = Readonly<Record<'add' | 'del', readonly Batch[]>>

export interface MeasureOptions extends Places {
  readonly stopwatch: Stopwatch
  /** A program that does nothing. */
  readonly nothing: string
  /** Ours first, then perhaps its peer. */
  readonly contenders: readonly Contender[]
  /** A program that only asks the kernel for what an IPv4 ADD does. */
  readonly kernel: Contender
  /** Where the peer's IPAM plugin is; named to all. */
  readonly pluginFolder: string
  readonly rounds: number
  readonly progress: { step(title: string): void; detail(text: string): void }
}

/**
 * How long pods stay before their DELs, in milliseconds. As long as the kernel still detects duplicates of an
 * interface's link-local address, its deletion takes about half of the time: a plugin that leaves this on would look
 * faster than it is for any pod that lives longer than two seconds.
 */
const settleMs = 3000

/** The prices of starting any program at all and of the kernel's work, and the figures of all contenders. */
export async function measure(options: MeasureOptions): Promise<{
  readonly floor: readonly Batch[]
  readonly kernel: KernelRounds
  readonly steps: Measurements
}> {
  const { rounds, progress, contenders } = options
  const planned = scenarios(rounds, options)
  progress.step('Network namespaces for the pods')
  const podsFor = (scenario: Scenario): readonly string[] =>
    podsOf(scenario, takingPart(options, scenario).length)
  const pods = [...new Set(planned.flatMap(podsFor))]
  await createPods(pods)
  for (const scenario of planned) {
    if (scenario.duplicateDetection) continue
    for (const pod of podsFor(scenario)) await withoutDuplicateDetection(pod)
  }
  progress.step('Process start')
  const { floor, version } = await measureStart(options)
  const measured = new Map<Step, readonly (readonly Batch[])[]>([['version', version]])
  let kernel: KernelRounds = { add: [], del: [] }
  for (const scenario of planned) {
    progress.step(scenario.title)
    await rehearse(options, scenario)
    const { add, del } = await measureScenario(options, scenario)
    const own = contenders.length
    measured.set(scenario.add, add.slice(0, own)).set(scenario.del, del.slice(0, own))
    if (scenario.withKernel) kernel = { add: add[own] ?? [], del: del[own] ?? [] }
    await expectNothingLeft(podsFor(scenario), scenario.network.dataDir)
  }
  await deletePods(pods)
  return { floor, kernel, steps: measured }
}

const takingPart = (
  { contenders, kernel }: MeasureOptions,
  { withKernel }: Scenario,
): readonly Contender[] => (withKernel ? [...contenders, kernel] : contenders)

async function measureStart({ stopwatch, nothing, contenders, rounds }: MeasureOptions): Promise<{
  readonly floor: readonly Batch[]
  readonly version: readonly (readonly Batch[])[]
}> {
  const call = (program: string): Call => ({
    program,
    input: '/dev/null',
    environment: { CNI_COMMAND: 'VERSION' },
  })
  const floor: Batch[] = []
  const version = contenders.map((): Batch[] => [])
  for (const { program } of contenders) await stopwatch.run([call(program)])
  for (let round = 0; round < rounds; round++) {
    floor.push(await stopwatch.run([call(nothing)]))
    for (const index of turns(contenders.length, round)) {
      version[index]?.push(await stopwatch.run([call(contenders[index]?.program ?? '')]))
    }
  }
  return { floor, version }
}

/** Once unmeasured, to warm everything up and to see that an ADD does its work. */
async function rehearse(options: MeasureOptions, scenario: Scenario): Promise<void> {
  const count = takingPart(options, scenario).length
  for (const turn of block({ ...scenario, rounds: 1 }, count, 0)) {
    await call(options, scenario, turn, 'ADD')
    for (const pod of turn.pods) {
      if ((await interfaces(pod)).join() !== 'eth0') throw new Error(`no eth0 in ${pod} after its ADD`)
    }
    await call(options, scenario, turn, 'DEL')
  }
}

async function measureScenario(
  options: MeasureOptions,
  scenario: Scenario,
): Promise<Record<'add' | 'del', readonly (readonly Batch[])[]>> {
  const all = takingPart(options, scenario)
  const add = all.map((): Batch[] => [])
  const del = all.map((): Batch[] => [])
  for (let round = 0; round < scenario.rounds; round += scenario.roundsAtATime) {
    options.progress.detail(`round ${round + 1} of ${scenario.rounds}`)
    const taken = block(scenario, all.length, round)
    for (const turn of taken) add[turn.contender]?.push(await call(options, scenario, turn, 'ADD'))
    await pause(settleMs)
    for (const turn of taken) del[turn.contender]?.push(await call(options, scenario, turn, 'DEL'))
  }
  return { add, del }
}

async function call(
  options: MeasureOptions,
  scenario: Scenario,
  { contender, pods }: Turn,
  verb: Verb,
): Promise<Batch> {
  const { program = '', printsResult } = takingPart(options, scenario)[contender] ?? {}
  const { network } = scenario
  const batch = await options.stopwatch.run(
    pods.map((pod) => ({
      program,
      input: network.file,
      environment: callEnvironment(verb, pod, options.pluginFolder),
    })),
  )
  if (verb === 'ADD' && printsResult) for (const output of batch.outputs) checkResult(output, network)
  return batch
}
