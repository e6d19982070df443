import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Verb, callEnvironment } from '../cni/contender.ts'
import type { Call } from '../cni/stopwatch.ts'
import type { Wishes } from './scenario.ts'

/** The subnet of the pods, and the node's address in it. */
export const subnet = '10.244.1.0/24'
export const nodeAddress = '10.244.1.1'
/** Where what listens in a pod is to be reached. */
export const containerPort = 8080

/** One pod that is attached and detached. */
export interface Pod {
  /** Its namespace, and its id. */
  readonly name: string
  readonly hostPort: number
}

/** One plugin's configuration as a runtime hands it over. */
interface Stage {
  readonly program: string
  readonly config: Readonly<Record<string, unknown>>
}

/** One of those that are measured: the plugins of its list, in their order. */
export interface Contender {
  readonly name: string
  readonly stages: (wishes: Wishes, pod: Pod) => readonly Stage[]
  /** Where its plugins find others. */
  readonly folder: string
}

const rate = 100_000_000
const limits = { ingressRate: rate, ingressBurst: rate, egressRate: rate, egressBurst: rate }

const runtimeConfig = (
  { ports, bandwidth }: Wishes,
  { hostPort }: Pod,
): { readonly portMappings?: readonly object[]; readonly bandwidth?: object } => ({
  ...(ports === 'none'
    ? {}
    : { portMappings: ports === 'one' ? [{ hostPort, containerPort, protocol: 'tcp' }] : [] }),
  ...(bandwidth ? { bandwidth: limits } : {}),
})

const ipamIn = (dataDir: string): object => ({
  type: 'host-local',
  dataDir,
  ranges: [[{ subnet }]],
  routes: [{ dst: '0.0.0.0/0' }],
})

const network = { cniVersion: '1.0.0', name: 'bench' }

/** The whole chain in one plugin. */
export const podway = (program: string, dataDir: string): Contender => ({
  name: 'podway-cni',
  folder: join(program, '..'),
  stages: (wishes, pod) => [
    {
      program,
      config: {
        ...network,
        type: 'podway-cni',
        ipMasq: wishes.masquerade,
        ipam: ipamIn(dataDir),
        runtimeConfig: runtimeConfig(wishes, pod),
      },
    },
  ],
})

/** ptp, then those that are chained behind it. */
export const reference = (folder: string, dataDir: string): Contender => ({
  name: 'the Go chain',
  folder,
  stages: (wishes, pod) => {
    const { portMappings, bandwidth } = runtimeConfig(wishes, pod)
    const stage = (type: string, config: object): Stage => ({
      program: join(folder, type),
      config: { ...network, type, ...config },
    })
    return [
      stage('ptp', { ipMasq: wishes.masquerade, ipam: ipamIn(dataDir) }),
      ...(portMappings === undefined ? [] : [stage('portmap', { runtimeConfig: { portMappings } })]),
      ...(bandwidth === undefined ? [] : [stage('bandwidth', { runtimeConfig: { bandwidth } })]),
    ]
  },
})

export interface CallOptions {
  readonly contender: Contender
  readonly wishes: Wishes
  readonly pod: Pod
  /** For configurations: in memory. */
  readonly scratch: string
  /** Where the programs are that the reference starts, and what they need. */
  readonly environment: Readonly<Record<string, string>>
}

/** An ADD as libcni has it: each plugin gets what the one before has printed. */
export const addCall = (options: CallOptions): Call =>
  chainOf(options, 'ADD', ({ config }, index) =>
    index === 0
      ? JSON.stringify(config)
      : JSON.stringify({ ...config, prevResult: mark }).replace(`"${mark}"`, '\u0001'),
  )

/** Stands where a result will be put in. */
const mark = '@result@'

/** A DEL as libcni has it: the other way round, each with the result that it has kept. */
export const delCall = (options: CallOptions, result: string): Call =>
  chainOf({ ...options, contender: reversed(options.contender) }, 'DEL', ({ config }) =>
    JSON.stringify({ ...config, prevResult: JSON.parse(result) as unknown }),
  )

const reversed = (contender: Contender): Contender => ({
  ...contender,
  stages: (wishes, pod) => contender.stages(wishes, pod).toReversed(),
})

function chainOf(
  { contender, wishes, pod, scratch, environment }: CallOptions,
  verb: Verb,
  text: (stage: Stage, index: number) => string,
): Call {
  const calls = contender.stages(wishes, pod).map((stage, index): Call => {
    const input = join(scratch, `${pod.name}-${verb}-${index}.json`)
    writeFileSync(input, text(stage, index))
    return {
      program: stage.program,
      input,
      environment: { ...callEnvironment(verb, pod.name, contender.folder), ...environment },
    }
  })
  const [first, ...then] = calls
  if (first === undefined) throw new Error(`${contender.name} has no plugin`)
  return { ...first, then }
}
