import type { UsedSetting } from './command-settings.ts'
import { nearest } from './nearest.ts'
import type { Found } from './origin.ts'
import { variableOf, variablePrefix } from './setting.ts'
import { keys, settingOf } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The variable that names the file. */
export const configVariable = 'PODWAY_CONFIG'

/** What of a setting a variable says. One that is empty says nothing: manifests have them for what was left out. */
export function fromEnvironment(environment: Environment, setting: UsedSetting): Found | undefined {
  const { flagOnly, key, type, variable } = setting
  if (flagOnly === true) return undefined
  for (const name of [variableOf(key), variable ?? []].flat()) {
    const text = environment[name]
    if (text === undefined || text === '') continue
    if (isServiceLink(environment, name) && /^(tcp|udp|sctp):\/\//.test(text)) continue
    return { origin: { kind: 'environment', name }, written: text, natural: type.natural(text) }
  }
  return undefined
}

/** A variable that is no setting, and the one that may be meant. */
export interface Stranger {
  readonly name: string
  readonly nearest: string | undefined
}

/** The variables with our prefix that nothing knows, in order. Those that Kubernetes makes of Services are none. */
export const strangersIn = (environment: Environment): readonly Stranger[] =>
  Object.keys(environment)
    .filter((name) => name.startsWith(variablePrefix) && !variables.includes(name))
    .filter((name) => !isServiceLink(environment, name))
    .toSorted()
    .map((name) => ({ name, nearest: nearestVariable(name) }))

/** Their common beginning brings no two of them nearer. */
function nearestVariable(name: string): string | undefined {
  const ends = variables.map((variable) => variable.slice(variablePrefix.length))
  const near = nearest(name.slice(variablePrefix.length), ends)
  return near === undefined ? undefined : `${variablePrefix}${near}`
}

const variables: readonly string[] = [
  configVariable,
  ...keys.filter((key) => settingOf(key).flagOnly !== true).map(variableOf),
]

/**
 * Kubernetes gives every pod variables about the Services of its namespace: of one that is called `podway-probe` there are
 * PODWAY_PROBE_SERVICE_HOST and PODWAY_PROBE_PORT=tcp://10.96.0.12:10279.
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables)
 */
function isServiceLink(environment: Environment, name: string): boolean {
  const [, service] =
    /^(.+?)_(?:SERVICE_(?:HOST|PORT(?:_.+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/.exec(
      name,
    ) ?? []
  return service !== undefined && environment[`${service}_SERVICE_HOST`] !== undefined
}
