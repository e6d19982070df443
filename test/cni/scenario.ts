import type { Pod } from './pod-host.ts'

/** The name of the host that plays a scenario: stands for it in every text. */
export const HOST = 'THISHOST'

/** Those of the reference plugins that ours stands in for. */
export const pluginNames = ['ptp', 'host-local', 'static', 'loopback'] as const
export type PluginName = (typeof pluginNames)[number]

/** What somebody does to a host between two calls. */
export type Tampering =
  | { readonly kind: 'link gone' | 'link down' | 'other mac' | 'netns gone'; readonly pod: Pod }
  | { readonly kind: 'address gone'; readonly pod: Pod; readonly family: 4 | 6 }
  | { readonly kind: 'route gone'; readonly pod: Pod; readonly route: string }
  | { readonly kind: 'link taken'; readonly pod: Pod }
  | { readonly kind: 'file'; readonly path: string; readonly text: string | undefined }

/** The previous result that a call gets: none, that of the pod's ADD, or one that is changed or invented. */
export type Previous =
  | { readonly kind: 'none' | 'own' | 'other pod’s' }
  | { readonly kind: 'changed'; readonly field: string; readonly value: unknown }
  | { readonly kind: 'invented'; readonly result: unknown }

/** One call of a plugin. */
export interface PlannedCall {
  readonly verb: string
  readonly pod: Pod
  readonly ifName: string
  readonly before: Tampering | undefined
  readonly previous: Previous
  /** Variables that are other than usual; null for one that is missing. */
  readonly environment: Readonly<Record<string, string | null>>
  /** Fields of the configuration that are other than in the other calls. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Standard input, if it is not the configuration. */
  readonly stdin: string | undefined
}

/** A configuration and calls with it, in this order, on a fresh host with these files in its folder. */
export interface Scenario {
  readonly plugin: PluginName
  readonly files: Readonly<Record<string, string>>
  readonly config: Readonly<Record<string, unknown>>
  readonly calls: readonly PlannedCall[]
}
