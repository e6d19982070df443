import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import type { ControlPlaneInstall } from '../control-plane/install.ts'
import { startControlPlane } from '../control-plane/server.ts'
import { createKubernetesSimulator } from '../simulators/kubernetes/kubernetes-simulator.ts'
import { serve } from '../simulators/http-server.ts'
import type { DemoOptions } from './options.ts'

/** A Kubernetes API that runs in the world. */
export interface KubernetesApi {
  /** For the demo itself, which may do everything. */
  readonly admin: KubeConfig
  /** Path of the controller's kubeconfig. */
  readonly controller: string
  /** Whether the controller may do only what RBAC lets it. */
  readonly hasRbac: boolean
  /** Processes that belong to it. */
  readonly pids: readonly number[]
  close(): Promise<void>
}

/** Where the API server is, for when it is wanted, and a folder to write to. */
export interface KubernetesPlace {
  readonly install: ControlPlaneInstall | undefined
  readonly dataDir: string
}

export function startKubernetes(kube: DemoOptions['kube'], place: KubernetesPlace): Promise<KubernetesApi> {
  switch (kube) {
    case 'simulator':
      return startSimulator(place)
    case 'apiserver':
      return startApiServer(place)
  }
}

async function startSimulator({ dataDir }: KubernetesPlace): Promise<KubernetesApi> {
  const simulator = createKubernetesSimulator()
  const server = await serve(simulator)
  const admin = new KubeConfig()
  admin.loadFromOptions({
    clusters: [{ name: 'demo', server: server.url, skipTLSVerify: true }],
    users: [{ name: 'demo' }],
    contexts: [{ name: 'demo', cluster: 'demo', user: 'demo' }],
    currentContext: 'demo',
  })
  const controller = join(dataDir, 'kubeconfig')
  writeFileSync(controller, admin.exportConfig())
  const close = async (): Promise<void> => {
    simulator.close()
    await server.close()
  }
  return { admin, controller, hasRbac: false, pids: [], close }
}

async function startApiServer({ install, dataDir }: KubernetesPlace): Promise<KubernetesApi> {
  if (install === undefined)
    throw new Error('kube-apiserver is not installed: start the demo by "npm run demo"')
  const server = await startControlPlane(install, { dataDir: join(dataDir, 'control-plane') })
  const admin = new KubeConfig()
  admin.loadFromFile(server.admin.kubeconfig)
  return {
    admin,
    controller: server.controller.kubeconfig,
    hasRbac: true,
    pids: server.pids,
    close: () => server.stop(),
  }
}
