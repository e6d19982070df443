import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endpointOf } from './endpoint.ts'
import { findSurroundings } from './surroundings.ts'

let server: Server
let host: string
let network: string
beforeEach(async () => {
  network = 'projects/123456/networks/prod'
  server = createServer((request, response) => {
    const isAsked =
      request.url === '/computeMetadata/v1/instance/network-interfaces/0/network' &&
      request.headers['metadata-flavor'] === 'Google'
    response.writeHead(isAsked ? 200 : 404).end(isAsked ? network : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => void server.close())

const credentials = { project: () => Promise.resolve('of-the-credentials') }
const nobody = { project: () => Promise.reject(new Error('no')) }
const named = 'projects/host-1/global/networks/prod'

describe('the project', () => {
  test.each([
    ['as told', { project: 'told', env: { GOOGLE_CLOUD_PROJECT: 'environment' } }, 'told'],
    ['of the environment', { env: { GOOGLE_CLOUD_PROJECT: 'environment' } }, 'environment'],
    ['of the credentials', { env: {} }, 'of-the-credentials'],
  ])('%s', async (_name, options, project) => {
    expect(await findSurroundings({ credentials, networks: ['n'], ...options })).toEqual({
      project,
      networks: [`projects/${project}/global/networks/n`],
    })
  })

  test('that nobody tells: fatal, and what to say', async () => {
    await expect(findSurroundings({ credentials: nobody, networks: ['n'], env: {} })).rejects.toMatchObject({
      class: 'fatal',
      message: expect.stringContaining('--gcp-project') as string,
    })
  })
})

describe('the network', () => {
  test.each([
    ['a name', 'prod', 'projects/p/global/networks/prod'],
    ['a path, of a shared VPC', named, named],
    ['a URL', `https://www.googleapis.com/compute/v1/${named}`, named],
  ])('%s', async (_name, text, path) => {
    expect(
      (await findSurroundings({ credentials, project: 'p', networks: [text], env: {} })).networks,
    ).toEqual([path])
  })

  test('of this instance, if none is told: the metadata server has it by the number of its project', async () => {
    const env = { GCE_METADATA_HOST: host }
    expect((await findSurroundings({ credentials, project: 'p', networks: [], env })).networks).toEqual([
      'projects/123456/global/networks/prod',
    ])
  })

  test('that nobody tells: fatal, and what to say', async () => {
    network = ''
    const env = { GCE_METADATA_HOST: host }
    await expect(findSurroundings({ credentials, project: 'p', networks: [], env })).rejects.toMatchObject({
      class: 'fatal',
      message: expect.stringContaining('--gcp-network') as string,
    })
  })

  test('that is none: fatal', async () => {
    await expect(
      findSurroundings({ credentials, project: 'p', networks: ['a/b'], env: {} }),
    ).rejects.toMatchObject({ class: 'fatal', code: 'MalformedNetwork' })
  })
})

test.each([
  [undefined, undefined],
  ['', undefined],
  ['https://www.googleapis.com/compute/v1/', 'https://www.googleapis.com'],
  ['http://127.0.0.1:8080/compute/v1/', 'http://127.0.0.1:8080'],
])('the endpoint of CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE=%s', (text, endpoint) => {
  expect(endpointOf(text === undefined ? {} : { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: text })).toBe(
    endpoint,
  )
})
