import { runs, wordsOf } from '../doctor/command-line.ts'
import type { Running } from '../doctor/running.ts'
import type { Platform } from './platform.ts'

/** A flag of a Go program that has to have this value. */
export interface FlagValue {
  readonly flag: string
  readonly value: string
}

/**
 * What to type so that what runs there gets the flag: a JSON patch of the one argument for a workload; for a static pod, the
 * file on its node, since the API server shows only its mirror.
 */
export function giveFlag(
  { container, index, name, namespace, object }: Running,
  { flag, value }: FlagValue,
  platform: Platform | undefined,
): readonly string[] {
  const text = `--${flag}=${value}`
  const hint =
    platform === undefined || platform.managed
      ? []
      : [
          `# ${platform.name} overwrites what is patched: make the change in ${platform.edit}${fieldOf(platform, container, { flag, value })}.`,
        ]
  if (object.kind === 'Pod') {
    return [
      ...hint,
      `# On the node of ${object.name}, in the manifest of its static pod (kubeadm: /etc/kubernetes/manifests/${container.name}.yaml): ${text}`,
      ...(runs(container, 'kube-controller-manager')
        ? [
            '# kubeadm: and in controllerManager.extraArgs of its ClusterConfiguration, or an upgrade brings the old value back',
          ]
        : []),
    ]
  }
  const place = placeOf(container, flag)
  if (place === undefined)
    return [
      ...hint,
      `# In ${object.kind} ${object.name}, in the script that container ${container.name} runs: ${text}`,
    ]
  const path = `/spec/template/spec/containers/${index}/${place.field}/${place.at}`
  const patch = JSON.stringify([{ op: place.at === '-' ? 'add' : 'replace', path, value: text }])
  const kind = object.kind.toLowerCase()
  return [
    ...hint,
    `kubectl -n ${namespace ?? 'default'} patch ${kind} ${name} --type json -p '${patch}'`,
    `kubectl -n ${namespace ?? 'default'} rollout status ${kind} ${name}`,
  ]
}

/** https://kops.sigs.k8s.io/cluster_spec/ */
const kopsFields: Readonly<Record<string, string>> = {
  'configure-cloud-routes': 'configureCloudRoutes',
  'allocate-node-cidrs': 'allocateNodeCIDRs',
}

function fieldOf(platform: Platform, container: Running['container'], { flag, value }: FlagValue): string {
  const field = kopsFields[flag]
  if (platform.name !== 'kops' || field === undefined) return ''
  const section = runs(container, 'kube-controller-manager')
    ? 'kubeControllerManager'
    : 'cloudControllerManager'
  return `, as spec.${section}.${field}: ${value}`
}

interface Place {
  readonly field: 'args' | 'command'
  /** `-` is behind the last. */
  readonly at: number | '-'
}

/** Where the flag is, or would be added; undefined within a shell's script. */
function placeOf(container: Running['container'], flag: string): Place | undefined {
  const { args = [], command = [] } = container
  const isFlag = (word: string): boolean => new RegExp(`^--?${flag}(=|$)`).test(word)
  for (const [field, words] of [
    ['args', args],
    ['command', command],
  ] as const) {
    // The last one given is the one that counts.
    const at = words.findLastIndex(isFlag)
    if (at >= 0) return { field, at }
  }
  const isScript = [...command, ...args].some((word) => /\s/.test(word))
  if (isScript && (wordsOf(container).some(isFlag) || command.length > 0)) return undefined
  return { field: args.length > 0 || command.length === 0 ? 'args' : 'command', at: '-' }
}
