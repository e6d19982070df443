import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { selfSigned } from '../../kube/testing/self-signed.ts'

/** Somebody whom the API server knows. */
export interface Account {
  /** A bearer token. */
  readonly token: string
  /** Path of a kubeconfig with that token, complete in itself. */
  readonly kubeconfig: string
}

export interface Credentials {
  /** PEM. */
  readonly ca: string
  readonly caFile: string
  /** May do everything. */
  readonly admin: Account
  /** What `deploy/manifests/controller-rbac.yaml` calls the controller, and what that lets it do. */
  readonly controller: Account
  /** The flags of kube-apiserver that make it so. */
  readonly flags: readonly string[]
}

/** As a token of the service account would say it; only the way to prove it is another one. */
const controllerName = 'system:serviceaccount:podway-system:podway-controller'
const controllerGroups = 'system:serviceaccounts,system:serviceaccounts:podway-system'

/** Makes keys, tokens and kubeconfigs for a new API server of that URL, in that folder. */
export async function makeCredentials(folder: string, url: string): Promise<Credentials> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const serving = selfSigned('kube-apiserver')
  const signing = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const account = async (name: string): Promise<Account> => {
    const token = randomBytes(24).toString('hex')
    return { token, kubeconfig: await write(`${name}.kubeconfig`, kubeconfig(url, serving.cert, token)) }
  }
  const admin = await account('admin')
  const controller = await account('controller')
  const tokens = [
    `${admin.token},admin,admin,"system:masters"`,
    `${controller.token},${controllerName},controller,"${controllerGroups}"`,
  ]
  const caFile = await write('ca.crt', serving.cert)
  return {
    ca: serving.cert,
    caFile,
    admin,
    controller,
    flags: [
      `--tls-cert-file=${caFile}`,
      `--tls-private-key-file=${await write('api.key', serving.key)}`,
      `--token-auth-file=${await write('tokens.csv', `${tokens.join('\n')}\n`)}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${await write('signing.key', signing.privateKey)}`,
      `--service-account-key-file=${await write('signing.pub', signing.publicKey)}`,
    ],
  }
}

function kubeconfig(server: string, ca: string, token: string): string {
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name: 'podway', server, caData: Buffer.from(ca).toString('base64'), skipTLSVerify: false }],
    users: [{ name: 'podway', token }],
    contexts: [{ name: 'podway', cluster: 'podway', user: 'podway' }],
    currentContext: 'podway',
  })
  return config.exportConfig()
}
