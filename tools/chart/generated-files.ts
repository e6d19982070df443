import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { root } from '../build/build.ts'
import { renderChart } from './render.ts'
import { valuesJsonSchema } from './values-schema.ts'
import { valuesReference } from './values-reference.ts'

/** Parts of a cluster that are applied one by one: a file each of deploy/manifests. */
const manifests = {
  crds: ['crds.yaml'],
  'controller-rbac': ['controller-rbac.yaml'],
  controller: ['controller.yaml'],
  'agent-rbac': ['agent-rbac.yaml'],
  'agent-admission': ['agent-admission.yaml'],
  'agent-config': ['agent-config.yaml'],
  agent: ['agent.yaml'],
} as const

const header = '# Rendered from deploy/chart/podway by `npm run manifests`: change it there.\n'

const namespace = `${header}apiVersion: v1
kind: Namespace
metadata:
  name: podway-system
  labels:
    # Both programs are in the host's network, and the agent's privileged half has the node's folders.
    pod-security.kubernetes.io/enforce: privileged
`

const kustomization = (
  files: readonly string[],
): string => `${header}apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${files.map((name) => `  - ${name}.yaml\n`).join('')}`

/** What the chart has of other folders: Helm reads nothing from outside. */
export async function copies(): Promise<ReadonlyMap<string, string>> {
  const crds = (await readdir(join(root, 'deploy/crds'))).filter((name) => name.endsWith('.yaml')).sort()
  const from = [
    ...crds.map((name) => [`deploy/crds/${name}`, `crds/${name}`] as const),
    ['deploy/monitoring/alerts.yaml', 'alerts.yaml'] as const,
  ]
  return new Map(
    await Promise.all(
      from.map(
        async ([source, name]) =>
          [`deploy/chart/podway/files/${name}`, await readFile(join(root, source), 'utf8')] as const,
      ),
    ),
  )
}

/** What is made of the settings' schema, without Helm. */
export async function schemaFiles(): Promise<ReadonlyMap<string, string>> {
  const values = await readFile(join(root, 'deploy/chart/podway/values.yaml'), 'utf8')
  return formatted({
    'deploy/chart/podway/values.schema.json': JSON.stringify(valuesJsonSchema()),
    'docs/reference/chart.md': valuesReference(values),
  })
}

/** The plain manifests: each a file of deploy/manifests, and what Kustomize reads them by. */
export async function manifestFiles(helm: string): Promise<ReadonlyMap<string, string>> {
  const render = async (templates: readonly string[], set: readonly string[] = []): Promise<string> =>
    header +
    plain(await renderChart({ helm, templates, values: [baseValues], set: ['crds.keep=false', ...set] }))
  const files: Record<string, string> = {
    'deploy/manifests/namespace.yaml': namespace,
    'deploy/manifests/kustomization.yaml': kustomization(['namespace', ...Object.keys(manifests)]),
    // Not among them: it takes the agent's place.
    'deploy/manifests/agent-uninstall.yaml': await render(manifests.agent, ['agent.uninstall=true']),
  }
  for (const [name, templates] of Object.entries(manifests))
    files[`deploy/manifests/${name}.yaml`] = await render(templates)
  return formatted(files)
}

export const valuesFile = (name: string): string => join(root, `deploy/chart/values/${name}.yaml`)
const baseValues = valuesFile('base')

/** Without what only Helm keeps up to date. */
const plain = (rendered: string): string =>
  rendered
    .replace(/^# Source: .*\n/gm, '')
    .replace(/^ +annotations:\n +# Settings are read at the start.*\n +checksum\/config: .*\n/gm, '')
    .replace(/^---\n/, '')

async function formatted(files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  return new Map(
    await Promise.all(
      Object.entries(files).map(async ([path, text]) => {
        const filepath = join(root, path)
        return [path, await format(text, { ...(await resolveConfig(filepath)), filepath })] as const
      }),
    ),
  )
}
