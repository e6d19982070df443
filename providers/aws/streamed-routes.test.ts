import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EC2 } from '@aws-sdk/client-ec2'
import { fc, test as check } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { streamRoutes } from './streamed-routes.ts'

interface Reply {
  readonly status?: number
  readonly pieces: readonly Buffer[]
  /** The connection ends before the answer does. */
  readonly isCut?: boolean
}

let reply: Reply = { pieces: [] }
let server: Server
let plain: EC2
let streaming: EC2

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(reply.status ?? 200, { 'content-type': 'text/xml' })
    const send = (index: number): void => {
      const piece = reply.pieces[index]
      if (piece !== undefined) response.write(piece, () => setImmediate(send, index + 1))
      else if (reply.isCut === true) response.destroy()
      else response.end()
    }
    send(0)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = (): EC2 =>
    new EC2({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
      maxAttempts: 1,
    })
  plain = client()
  streaming = client()
  streamRoutes(streaming)
})

afterAll(() => {
  plain.destroy()
  streaming.destroy()
  server.close()
})

const names = ['destinationCidrBlock', 'destinationIpv6CidrBlock', 'networkInterfaceId', 'state', 'origin']
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&#62;').replaceAll('"', '&#x22;')
const element = (name: string, text: string): string => `<${name}>${escaped(text)}</${name}>`

const routes = fc.array(
  fc.dictionary(fc.constantFrom(...names), fc.stringMatching(/^[a-z0-9.:/&<>"ß-]{1,20}$/)),
  {
    maxLength: 6,
  },
)
const tables = fc.array(fc.record({ name: fc.constantFrom('a', '<routeSet>', 'ß'), routes }), {
  maxLength: 4,
})

function documentOf(found: readonly { name: string; routes: readonly Record<string, string>[] }[]): Buffer {
  const items = found.map(({ name, routes: set }, index) => {
    const entries = set.map((route) => {
      const members = Object.entries(route).map(([key, value]) => element(key, value))
      return `\n        <item>\n${members.join('\n')}\n        </item>`
    })
    const routeSet = set.length === 0 ? '<routeSet/>' : `<routeSet>${entries.join('')}\n      </routeSet>`
    const tag = `<item>${element('key', 'Name')}${element('value', name)}</item>`
    return `<item>${element('routeTableId', `rtb-${index}`)}${routeSet}<tagSet>${tag}</tagSet></item>`
  })
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<DescribeRouteTablesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><routeTableSet>${items.join('')}</routeTableSet></DescribeRouteTablesResponse>`,
  )
}

function cutAt(whole: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...new Set(places.map((place) => Math.floor(place * whole.length)))].sort((a, b) => a - b)
  return [0, ...ends].map((start, index) => whole.subarray(start, ends[index] ?? whole.length))
}

describe('routes that are read while they arrive', () => {
  const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })
  check.prop([tables, places])('are those that the SDK reads at the end', async (found, cuts) => {
    const whole = documentOf(found)
    reply = { pieces: [whole] }
    const { RouteTables: expected } = await plain.describeRouteTables({})
    reply = { pieces: cutAt(whole, cuts) }
    const { RouteTables: actual } = await streaming.describeRouteTables({})
    expect(actual).toEqual(expected)
    expect(actual).toHaveLength(found.length)
  })

  test('cut at every byte', async () => {
    const whole = documentOf([
      { name: 'a', routes: [{ destinationCidrBlock: '10.0.0.0/24', state: 'active' }] },
    ])
    reply = { pieces: [...whole].map((byte) => Buffer.from([byte])) }
    const { RouteTables } = await streaming.describeRouteTables({})
    expect(RouteTables?.[0]?.Routes).toEqual([{ DestinationCidrBlock: '10.0.0.0/24', State: 'active' }])
  })

  test('a table whose routes are not told has none', async () => {
    const of = (inner: string): Buffer =>
      Buffer.from(
        `<DescribeRouteTablesResponse><routeTableSet>${inner}</routeTableSet></DescribeRouteTablesResponse>`,
      )
    const silent = '<item><routeTableId>rtb-1</routeTableId></item>'
    const telling =
      '<item><routeTableId>rtb-2</routeTableId><routeSet><item><gatewayId>local</gatewayId></item></routeSet></item>'
    reply = { pieces: [of(silent + telling)] }
    const { RouteTables } = await streaming.describeRouteTables({})
    expect(RouteTables?.map(({ Routes }) => Routes)).toEqual([undefined, [{ GatewayId: 'local' }]])
  })

  test('a refusal is what it was', async () => {
    const body =
      '<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow down</Message></Error></Errors><RequestID>1</RequestID></Response>'
    reply = { status: 503, pieces: [Buffer.from(body)] }
    await expect(streaming.describeRouteTables({})).rejects.toMatchObject({ name: 'RequestLimitExceeded' })
  })

  test('an answer whose connection ends too early is no answer', async () => {
    const whole = documentOf([{ name: 'a', routes: [{ destinationCidrBlock: '10.0.0.0/24' }] }])
    reply = { pieces: [whole.subarray(0, whole.length / 2)], isCut: true }
    await expect(streaming.describeRouteTables({})).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('other answers are left to the SDK', async () => {
    reply = {
      pieces: [
        Buffer.from(
          '<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet></DescribeSubnetsResponse>',
        ),
      ],
    }
    const { Subnets } = await streaming.describeSubnets({})
    expect(Subnets).toEqual([{ SubnetId: 'subnet-1' }])
  })
})
