/** Every step of every migration, in no order. They are stable: people give them on the command line. */
export const stepNames = [
  'definitions',
  'survey',
  'route-controller',
  'allocator',
  'controller',
  'adopt',
  'routes',
  'policies',
  'kube-proxy',
  'hold',
  'agent',
  'nodes',
  'masquerade',
  'remove',
] as const
export type StepName = (typeof stepNames)[number]

/** Those that podway carries out itself, since they change nothing that anybody else relies on. */
export const doableSteps = ['definitions', 'adopt'] as const satisfies readonly StepName[]
export type DoableStep = (typeof doableSteps)[number]

/** Whether a step is done, by what the cluster shows: nothing is remembered from run to run. */
export interface Verdict {
  /** `unknown`: the cluster does not show it; a person has to look. */
  readonly state: 'done' | 'left' | 'unknown'
  /** What was seen, as a sentence. */
  readonly message: string
}

/** What has to be so before the step is begun. */
export interface Need {
  /** As a sentence that says what is so, or what is not. */
  readonly message: string
  readonly holds: boolean
}

/** One step of a migration, as it stands in this cluster. */
export interface Step {
  readonly name: StepName
  /** An imperative, without a full stop. */
  readonly title: string
  /** What it is for, and what holds meanwhile; sentences. */
  readonly why: string
  /** Beside the steps before it, which have to be done first. */
  readonly needs: readonly Need[]
  /** What to type or to edit, for exactly what is left; a line each. Lines that are no commands begin with `#`. */
  readonly how: readonly string[]
  readonly verdict: Verdict
  /** How to go back, as a sentence. */
  readonly back: string
}

export const done = (message: string): Verdict => ({ state: 'done', message })
export const left = (message: string): Verdict => ({ state: 'left', message })
export const unknown = (message: string): Verdict => ({ state: 'unknown', message })
