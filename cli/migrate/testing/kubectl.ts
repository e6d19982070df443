import type { Manifest } from './manifests.ts'

/** What kubectl would send. */
export interface KubectlRequest {
  readonly method: 'DELETE' | 'PATCH'
  readonly target: string
  readonly body?: unknown
  readonly type?: string
}

/** Where objects of that kind are. */
export function collectionOf({ apiVersion, kind, metadata }: Manifest): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const lower = kind.toLowerCase()
  const plural = lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  return `${root}${place}/${plural}`
}

/** What the few commands that steps tell would send. @throws Error for any other */
export function kubectlRequests(command: string): readonly KubectlRequest[] {
  const patch = /^kubectl -n (\S+) patch (daemonset|deployment) (\S+) --type (json|merge) -p '(.*)'$/.exec(
    command,
  )
  if (patch !== null) {
    const [, namespace = '', kind = '', name = '', type = '', body = ''] = patch
    const target = `/apis/apps/v1/namespaces/${namespace}/${kind}s/${name}`
    return [{ method: 'PATCH', target, body: JSON.parse(body), type: `application/${type}-patch+json` }]
  }
  const label = /^kubectl label node (.+) (\S+)=(\S*)$/.exec(command)
  if (label !== null) {
    const [, names = '', key = '', value] = label
    const body = { metadata: { labels: { [key]: value } } }
    const type = 'application/merge-patch+json'
    return names.split(' ').map((name) => ({ method: 'PATCH', target: `/api/v1/nodes/${name}`, body, type }))
  }
  const removed = /^kubectl -n (\S+) delete (daemonset|deployment|configmap) (\S+)$/.exec(command)
  if (removed !== null) {
    const [, namespace = '', kind = '', name = ''] = removed
    const root = kind === 'configmap' ? '/api/v1' : '/apis/apps/v1'
    return [{ method: 'DELETE', target: `${root}/namespaces/${namespace}/${kind}s/${name}` }]
  }
  const [, node] = /^kubectl delete node (\S+)$/.exec(command) ?? []
  if (node !== undefined) return [{ method: 'DELETE', target: `/api/v1/nodes/${node}` }]
  throw new Error(`not known here: ${command}`)
}
