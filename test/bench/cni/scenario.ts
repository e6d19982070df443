import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Network, networkConfig } from './contender.ts'

/** Something that is measured, by the key that its figures have. */
export const steps = [
  'version',
  'add-v4',
  'del-v4',
  'add-v4-disk',
  'del-v4-disk',
  'add-dual',
  'del-dual',
  'add-dual-no-dad',
  'del-dual-no-dad',
  'add-v4-x40',
  'del-v4-x40',
] as const
export type Step = (typeof steps)[number]

/** How many ADDs or DELs a burst is. */
export const burst = 40

/** ADDs of pods, later their DELs. */
export interface Scenario {
  readonly title: string
  readonly add: Step
  readonly del: Step
  readonly network: Network
  /** Whether the pods' namespaces detect duplicate addresses, as the kernel does unless it is told not to. */
  readonly duplicateDetection: boolean
  /** Pods that are added, and deleted, at once. */
  readonly pods: number
  readonly rounds: number
  /** How many rounds of ADDs are made before their DELs. */
  readonly roundsAtATime: number
  /** Whether a program that only asks the kernel takes turns with the contenders, the last of them. */
  readonly withKernel: boolean
}

/** Folders of a bench, both empty. */
export interface Places {
  /** In memory: for configurations, and for reservations but where a disk is said. */
  readonly scratch: string
  readonly disk: string
}

export function scenarios(rounds: number, { scratch, disk }: Places): readonly Scenario[] {
  const network = (name: string, subnets: readonly string[], place = scratch): Network => {
    const file = join(scratch, `${name}.json`)
    const dataDir = join(place, 'networks')
    writeFileSync(file, networkConfig(subnets, dataDir))
    return { subnets, file, dataDir }
  }
  const v4 = network('v4', ['10.244.1.0/24'])
  const v4OnDisk = network('v4-disk', v4.subnets, disk)
  const dual = network('dual', ['10.244.1.0/24', 'fd00:10:244:1::/64'])
  const single = { duplicateDetection: true, pods: 1, roundsAtATime: 10, withKernel: false }
  return [
    { ...single, title: 'IPv4', add: 'add-v4', del: 'del-v4', network: v4, rounds, withKernel: true },
    {
      ...single,
      title: 'IPv4, reservations on a disk',
      add: 'add-v4-disk',
      del: 'del-v4-disk',
      network: v4OnDisk,
      rounds: Math.ceil(rounds / 2),
    },
    {
      ...single,
      title: 'Dual-stack',
      add: 'add-dual',
      del: 'del-dual',
      network: dual,
      // The peer waits one to two seconds in each of these.
      rounds: Math.ceil(rounds / 6),
    },
    {
      ...single,
      title: 'Dual-stack without duplicate address detection in the pod',
      add: 'add-dual-no-dad',
      del: 'del-dual-no-dad',
      network: dual,
      duplicateDetection: false,
      rounds: Math.ceil(rounds / 3),
    },
    {
      title: `IPv4, ${burst} at once`,
      add: 'add-v4-x40',
      del: 'del-v4-x40',
      network: v4,
      duplicateDetection: true,
      pods: burst,
      rounds: Math.ceil(rounds / 6),
      roundsAtATime: 1,
      withKernel: false,
    },
  ]
}

/** Who comes when: A B, then B A, so that neither always runs in the other's wake. */
export function turns(contenders: number, round: number): readonly number[] {
  const order = Array.from({ length: contenders }, (_, index) => index)
  return round % 2 === 0 ? order : order.reverse()
}

/** One contender's turn in a round, with the pods that are its own until its DEL. */
export interface Turn {
  readonly contender: number
  readonly pods: readonly string[]
}

/** The turns from one round on, as many as are made before their DELs. */
export function block(scenario: Scenario, contenders: number, fromRound: number): readonly Turn[] {
  const rounds = Math.min(scenario.roundsAtATime, scenario.rounds - fromRound)
  const prefix = scenario.duplicateDetection ? 'pod' : 'pod-no-dad'
  return Array.from({ length: rounds }, (_, index) => turns(contenders, fromRound + index))
    .flat()
    .map((contender, turn) => ({
      contender,
      pods: Array.from({ length: scenario.pods }, (_, pod) => `${prefix}-${turn * scenario.pods + pod}`),
    }))
}

/** Every pod that a scenario uses. */
export const podsOf = (scenario: Scenario, contenders: number): readonly string[] =>
  block(scenario, contenders, 0).flatMap(({ pods }) => pods)
