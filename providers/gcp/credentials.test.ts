import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { findCredentials } from './credentials.ts'
import { CredentialsError } from './credentials-error.ts'

/** Everything that could give a token, in one server. */
let server: Server
let url: string
let folder: string
let asked: { readonly path: string; readonly body: string }[]
/** HTTP status of the next answers; 200 unless set. */
let status: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podway-credentials-'))
  asked = []
  status = 200
  server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // None of the machine's own settings.
  for (const name of Object.keys(process.env))
    if (/^(GOOGLE|GCE|GCLOUD|CLOUDSDK)_|^gcloud_|^(https?|no)_proxy$/i.test(name)) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', folder)
  vi.stubEnv('CLOUDSDK_CONFIG', folder)
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const path = request.url ?? ''
  asked.push({ path, body: Buffer.concat(chunks).toString('utf8') })
  const json = (value: object): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'metadata-flavor': 'Google' })
    response.end(JSON.stringify(value))
  }
  if (status !== 200) json({ error: 'invalid_grant', error_description: 'no' })
  else if (path.startsWith('/computeMetadata'))
    json({ access_token: 'metadata', expires_in: 3600, token_type: 'Bearer' })
  else if (path === '/sts')
    json({
      access_token: 'federated',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3600,
    })
  else json({ accessToken: 'impersonated', expireTime: '2100-01-01T00:00:00Z' })
}

async function credentialsFile(content: object): Promise<void> {
  const path = join(folder, 'credentials.json')
  await writeFile(path, JSON.stringify(content))
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path)
}

const compute = 'https://compute.googleapis.com/'
const token = async (credentials = findCredentials()): Promise<string | undefined> =>
  (await credentials.headers(compute)).get('authorization')

async function federation(more: object = {}): Promise<void> {
  await writeFile(join(folder, 'subject'), 'a-token-of-the-cluster')
  await credentialsFile({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/sts`,
    credential_source: { file: join(folder, 'subject') },
    ...more,
  })
}

describe('application default credentials', () => {
  test('the metadata server’s, of the instance or the pod', async () => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present')
    vi.stubEnv('GCE_METADATA_HOST', new URL(url).host)
    expect(await token()).toBe('Bearer metadata')
  })

  test('a workload identity federation', async () => {
    await federation()
    expect(await token()).toBe('Bearer federated')
    expect(asked.find(({ path }) => path === '/sts')?.body).toContain('a-token-of-the-cluster')
  })

  test('a federation that acts as a service account', async () => {
    await federation({
      service_account_impersonation_url: `${url}/v1/projects/-/serviceAccounts/x@y:generateAccessToken`,
    })
    expect(await token()).toBe('Bearer impersonated')
  })

  test('the key of a service account, which names the project too', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await credentialsFile({
      type: 'service_account',
      project_id: 'prod-1',
      private_key_id: 'k',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: 'podway@prod-1.iam.gserviceaccount.com',
      client_id: '1',
    })
    expect(await findCredentials().project()).toBe('prod-1')
  })
})

describe('a token', () => {
  test('is asked for once, and again when Google has refused it', async () => {
    await federation()
    const credentials = findCredentials()
    await token(credentials)
    await token(credentials)
    expect(asked).toHaveLength(1)
    credentials.refused()
    await token(credentials)
    expect(asked).toHaveLength(2)
  })

  test('that is refused for good, and one that may come in a moment', async () => {
    await federation()
    const credentials = findCredentials()
    status = 400
    await expect(token(credentials)).rejects.toMatchObject({ name: 'CredentialsError', passes: false })
    status = 503
    await expect(token(credentials)).rejects.toMatchObject({ passes: true })
    status = 200
    expect(await token(credentials)).toBe('Bearer federated')
  }, 60_000)

  test('that nobody gives: a sentence, and the next time may be better', async () => {
    const credentials = findCredentials()
    await expect(token(credentials)).rejects.toThrow(CredentialsError)
    await expect(token(credentials)).rejects.toThrow('Could not load the default credentials')
    await federation()
    expect(await token(credentials)).toBe('Bearer federated')
  })

  test('acts as another service account, by the right of the first', async () => {
    await federation()
    const credentials = findCredentials({ impersonate: 'podway@prod-1.iam.gserviceaccount.com' })
    // Google's own service for it, which no test may ask.
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9')
    vi.stubEnv('NO_PROXY', '127.0.0.1')
    await expect(token(credentials)).rejects.toMatchObject({ name: 'CredentialsError' })
    expect(asked.map(({ path }) => path)).toContain('/sts')
    expect(asked[0]?.body).toContain(encodeURIComponent('https://www.googleapis.com/auth/cloud-platform'))
  }, 60_000)
})
