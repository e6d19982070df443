import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createProxy } from 'node:http'
import { createServer, type Server } from 'node:https'
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket, type PeerCertificate } from 'node:tls'
import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createKubeClient, type KubeClient } from './client.ts'
import { KubeError } from './errors.ts'
import { selfSigned, type Identity } from './testing/self-signed.ts'

type Cluster = KubeConfig['clusters'][number]
type User = KubeConfig['users'][number]

const identity = selfSigned('api')
let folder: string
let server: Server
let port: number
let connections: number
/** Common names of the clients that asked. */
let clients: unknown[]
const open: KubeClient[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podway-tls-'))
  connections = 0
  clients = []
  server = createServer(
    { ...identity, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      if (!(request.socket instanceof TLSSocket)) throw new Error('no TLS')
      // Without a certificate, an empty object, whatever its type says.
      const { subject } = request.socket.getPeerCertificate() as Partial<PeerCertificate>
      clients.push(subject?.CN)
      response.end('{}')
    },
  )
  server.on('secureConnection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

function connect(
  cluster: Partial<Cluster>,
  user: Partial<User> = {},
  env: NodeJS.ProcessEnv = {},
): KubeClient {
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'c', server: `https://127.0.0.1:${port}`, skipTLSVerify: false, ...cluster },
    { name: 'u', ...user },
  )
  const client = createKubeClient(config, { userAgent: 'podway/0', env })
  open.push(client)
  return client
}
const get = (client: KubeClient): Promise<unknown> => client.request({ method: 'GET', path: '/version' })
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const refused = async (client: KubeClient): Promise<KubeError> => {
  const error: unknown = await get(client).catch((reason: unknown) => reason)
  if (error instanceof KubeError) return error
  throw new Error('expected a KubeError', { cause: error })
}

// https://github.com/kubernetes-client/javascript/issues/2893: 20 calls were 20 TLS connections.
test('20 calls take two TLS connections at most', async () => {
  const client = connect({ caFile: file('ca.crt', identity.cert) })
  for (let i = 0; i < 20; i++) await get(client)
  expect(connections).toBeLessThanOrEqual(2)
})

describe('trust', () => {
  test.each([
    ['a CA file', () => connect({ caFile: file('ca.crt', identity.cert) })],
    ['CA data', () => connect({ caData: base64(identity.cert) })],
    ['no check, if asked for', () => connect({ skipTLSVerify: true })],
    [
      'another server name',
      () =>
        connect({
          caData: base64(identity.cert),
          server: `https://localhost:${port}`,
          tlsServerName: 'api.test',
        }),
    ],
  ])('%s', async (_, client) => {
    expect(await get(client())).toEqual({})
  })

  test.each([
    ['no CA', () => connect({}), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'another CA',
      () => connect({ caData: base64(selfSigned('other').cert) }),
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    [
      'a name that the certificate does not have',
      () => connect({ caData: base64(identity.cert), server: `https://localhost:${port}` }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('refused: %s', async (_, client, code) => {
    expect(await refused(client())).toMatchObject({ status: 0, reason: 'Unreachable', details: { code } })
    expect(clients).toEqual([])
  })

  test('a context without a user keeps the CA of its cluster', async () => {
    const config = new KubeConfig()
    config.loadFromOptions({
      clusters: [{ name: 'c', server: `https://127.0.0.1:${port}`, caData: base64(identity.cert) }],
      contexts: [{ name: 'x', cluster: 'c' }],
      users: [],
      currentContext: 'x',
    })
    const client = createKubeClient(config, { userAgent: 'podway/0', env: {} })
    open.push(client)
    expect(await get(client)).toEqual({})
  })

  test('a CA file that is replaced counts from the next call on', async () => {
    const client = connect({ caFile: file('ca.crt', selfSigned('old').cert) })
    await refused(client)
    file('ca.crt', identity.cert)
    expect(await get(client)).toEqual({})
  })
})

describe('a client certificate', () => {
  test('is shown, and replaced without a restart', async () => {
    const write = ({ cert, key }: Identity) => ({
      certFile: file('client.crt', cert),
      keyFile: file('client.key', key),
    })
    const client = connect({ caData: base64(identity.cert) }, write(selfSigned('first')))
    await get(client)
    await get(client)
    write(selfSigned('second'))
    await get(client)
    expect(clients).toEqual(['first', 'first', 'second'])
  })

  test('that is missing is told by its path, and nothing is sent', async () => {
    const certFile = join(folder, 'none.crt')
    const error = await refused(connect({ caData: base64(identity.cert) }, { certFile }))
    expect(error.reason).toBe('NoCredentials')
    expect(error.message).toContain(certFile)
    expect(connections).toBe(0)
  })
})

describe('a proxy', () => {
  let proxy: ReturnType<typeof createProxy>
  let proxyUrl: string
  let asked: (string | undefined)[]
  let tunnels: Socket[]
  beforeEach(async () => {
    asked = []
    tunnels = []
    proxy = createProxy()
    proxy.on('connect', (request, socket: Socket) => {
      asked.push(request.url)
      // Whatever the name, it is the one server there is.
      const up = connectTcp(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        up.pipe(socket).pipe(up)
      })
      for (const end of [up, socket]) end.on('error', () => undefined)
      tunnels.push(up, socket)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    for (const tunnel of tunnels) tunnel.destroy()
    proxy.closeAllConnections()
    await new Promise((resolve) => proxy.close(resolve))
  })

  const named = (): Partial<Cluster> => ({
    server: 'https://api.test:6443',
    caData: base64(identity.cert),
  })

  test('of the environment is used', async () => {
    expect(await get(connect(named(), {}, { HTTPS_PROXY: proxyUrl }))).toEqual({})
    expect(asked).toEqual(['api.test:6443'])
  })

  test('of the kubeconfig goes before that of the environment', async () => {
    const client = connect({ ...named(), proxyUrl }, {}, { HTTPS_PROXY: 'http://127.0.0.1:1' })
    expect(await get(client)).toEqual({})
    expect(asked).toEqual(['api.test:6443'])
  })

  test('is not asked on the way to the loopback address', async () => {
    const client = connect({ caData: base64(identity.cert) }, {}, { HTTPS_PROXY: proxyUrl })
    expect(await get(client)).toEqual({})
    expect(asked).toEqual([])
  })
})
