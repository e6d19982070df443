import { readFileSync } from 'node:fs'
import { KubeConfig } from '@kubernetes/client-node'
import { type KubeClient, createKubeClient } from '../../kube/client.ts'
import type { RunningControlPlane } from './server.ts'

const account = '/api/v1/namespaces/podway-system/serviceaccounts/podway-agent'

/** A token of the agents' account, as a kubelet asks for it for a pod that runs on its node: the pod is made too. */
export async function agentToken(admin: KubeClient, nodeName: string): Promise<string> {
  const pod = await admin.request<{ readonly metadata: { readonly name: string; readonly uid: string } }>({
    method: 'POST',
    path: '/api/v1/namespaces/podway-system/pods',
    body: {
      metadata: { generateName: 'agent-' },
      spec: {
        nodeName,
        serviceAccountName: 'podway-agent',
        containers: [{ name: 'agent', image: 'podway' }],
      },
    },
  })
  const { name, uid } = pod.metadata
  return requestToken(admin, { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } })
}

/** A token of the agents' account, of that TokenRequest's spec. */
export async function requestToken(admin: KubeClient, spec: object): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
  const request = { method: 'POST', path: `${account}/token`, body } as const
  return (await admin.request<{ readonly status: { readonly token: string } }>(request)).status.token
}

/** Closing it is the caller's. */
export function clientWithToken({ caFile, url }: RunningControlPlane, token: string): KubeClient {
  const caData = readFileSync(caFile).toString('base64')
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name: 'c', server: url, caData, skipTLSVerify: false }],
    users: [{ name: 'u', token }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  })
  return createKubeClient(config, { userAgent: 'podway/test', env: {} })
}
