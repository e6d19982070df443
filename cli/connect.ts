import { type KubeClient, createKubeClient } from '../kube/client.ts'
import { loadKubeConfig } from '../kube/config.ts'
import { version } from './version.ts'

/** A client for the cluster that the flag `--kubeconfig`, or what surrounds us, names. @throws KubeConfigError */
export function connect(kubeconfig: string | undefined): KubeClient {
  const { env } = process
  const config = loadKubeConfig({ env, ...(kubeconfig === undefined ? {} : { kubeconfig }) })
  return createKubeClient(config, { userAgent: `podway/${version}`, env })
}
