import type { Environment } from '../settings/from-environment.ts'
import type { Key } from '../settings/settings.ts'
import { redacted, withoutPassword } from './redact.ts'

/** A variable that is not podway's own and counts all the same. */
export interface SurroundingVariable {
  readonly name: string
  readonly value: string
}

/** What a command that knows a setting reads besides, and so do other tools. */
const readWith: readonly { readonly key: Key; readonly names: RegExp }[] = [
  { key: 'kubeconfig', names: /^(?:KUBECONFIG|KUBERNETES_SERVICE_(?:HOST|PORT))$/ },
  { key: 'kubeconfig', names: /^(?:https?|no|all)_proxy$/i },
  { key: 'awsRoleArn', names: /^AWS_/ },
  { key: 'azureSubscription', names: /^AZURE_/ },
  { key: 'gcpProject', names: /^(?:GOOGLE|CLOUDSDK|GCE)_/ },
]

/** Some hold secrets by their name: AWS_SECRET_ACCESS_KEY, AZURE_CLIENT_SECRET, AWS_SESSION_TOKEN. Paths to them are none. */
const secret = /SECRET|PASSWORD|TOKEN(?!_FILE)|ACCESS_KEY/

/** Those that are set, in order, without what is secret in them. */
export function surroundings(keys: readonly Key[], environment: Environment): readonly SurroundingVariable[] {
  const read = readWith.filter(({ key }) => keys.includes(key))
  return Object.entries(environment)
    .flatMap(([name, value]) =>
      value === undefined || value === '' || !read.some(({ names }) => names.test(name))
        ? []
        : [{ name, value: secret.test(name) ? redacted : withoutPassword(value) }],
    )
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
