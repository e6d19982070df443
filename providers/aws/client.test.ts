import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEc2Client } from './client.ts'

const noTables =
  '<DescribeRouteTablesResponse><requestId>r</requestId><routeTableSet/></DescribeRouteTablesResponse>'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podway-client-'))
  // None of the machine's own settings.
  for (const name of [
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_PROFILE',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_EC2',
  ])
    vi.stubEnv(name, undefined)
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, undefined)
    vi.stubEnv(name.toLowerCase(), undefined)
  }
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

describe('region', () => {
  test('none: fatal, with the remedy', async () => {
    await expect(createEc2Client()).rejects.toMatchObject({
      name: 'ProviderError',
      class: 'fatal',
      message: expect.stringContaining('set AWS_REGION') as unknown,
    })
  })

  test('one that is none: fatal', async () => {
    vi.stubEnv('AWS_REGION', 'eu central 1')
    await expect(createEc2Client()).rejects.toMatchObject({ class: 'fatal' })
  })
})

describe('the way to EC2', () => {
  let server: Server
  let url: string
  let seen: string[]
  beforeEach(async () => {
    seen = []
    server = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''}`)
      response.end(noTables)
    })
    server.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url ?? ''}`)
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const describeTables = async (): Promise<unknown> => {
    const ec2 = await createEc2Client()
    try {
      return await ec2.describeRouteTables({})
    } finally {
      ec2.destroy()
    }
  }

  test('AWS_ENDPOINT_URL_EC2 before AWS_ENDPOINT_URL', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', url)
    await describeTables()
    expect(seen).toEqual(['POST /'])
  })

  test('region, credentials and endpoint of the profile that AWS_PROFILE names', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_PROFILE', 'lab')
    const profile = [
      'region = eu-west-3',
      `endpoint_url = ${url}`,
      'aws_access_key_id = a',
      'aws_secret_access_key = b',
    ]
    await writeFile(join(folder, 'config'), ['[profile lab]', ...profile, ''].join('\n'))
    await describeTables()
    expect(seen).toEqual(['POST /'])
  })

  test('HTTP_PROXY', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', 'http://ec2.example.invalid')
    vi.stubEnv('HTTP_PROXY', url)
    await describeTables()
    expect(seen).toEqual(['POST http://ec2.example.invalid/'])
  })

  test('NO_PROXY', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', url)
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1')
    vi.stubEnv('NO_PROXY', '127.0.0.1')
    await describeTables()
    expect(seen).toEqual(['POST /'])
  })

  test('HTTPS_PROXY', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('HTTPS_PROXY', url)
    await expect(describeTables()).rejects.toThrow()
    expect(seen).toEqual(['CONNECT ec2.eu-central-1.amazonaws.com:443'])
  })
})
