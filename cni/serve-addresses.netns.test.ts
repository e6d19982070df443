import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestClient, TestServer } from './testing/server.ts'
import { ip, link } from './testing/world.ts'

let server: TestServer
let client: TestClient
beforeEach(async () => {
  ip(undefined, 'link', 'set', 'lo', 'up')
  server = new TestServer()
  await server.start()
  client = await server.connect()
})
afterEach(async () => {
  await server.remove()
  for (const address of held()) ip(undefined, 'addr', 'del', address, 'dev', 'lo')
})

const loopback = ['127.0.0.1/8', '::1/128']
const held = (): readonly string[] =>
  link('lo')
    .addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`)
    .filter((address) => !loopback.includes(address))
    .sort()
const hold = (...addresses: readonly string[]): Promise<{ readonly changed: readonly string[] }> =>
  client.ask('addresses.hold', { addresses })

describe('addresses.hold', () => {
  it('gives the loopback interface the addresses, and takes away those of before', async () => {
    expect((await hold('10.244.1.1', 'fd00:10:244:1::1')).changed).toEqual([
      'add address 10.244.1.1',
      'add address fd00:10:244:1::1',
    ])
    expect(held()).toEqual(['10.244.1.1/32', 'fd00:10:244:1::1/128'])
    expect(link('lo').addr_info.some(({ tentative }) => tentative)).toBe(false)
    expect((await hold('10.244.1.1', 'fd00:10:244:1::1')).changed).toEqual([])
    await hold('10.9.0.1')
    expect(held()).toEqual(['10.9.0.1/32'])
    expect((await hold()).changed).toEqual(['remove address 10.9.0.1'])
    expect(held()).toEqual([])
  })

  it('knows its own after a restart, and never touches what others have added', async () => {
    for (const address of ['192.0.2.7/32', 'fd00:10:244:1::7/128', '10.244.1.9/32'])
      ip(undefined, 'addr', 'add', address, 'dev', 'lo')
    await hold('10.244.1.1', 'fd00:10:244:1::1')
    await server.stop('SIGKILL')
    await server.start()
    client = await server.connect()
    await hold()
    expect(held()).toEqual(['10.244.1.9/32', '192.0.2.7/32', 'fd00:10:244:1::7/128'])
  })

  it('leaves an address that somebody else has added before', async () => {
    ip(undefined, 'addr', 'add', '10.244.1.1/32', 'dev', 'lo')
    expect((await hold('10.244.1.1')).changed).toEqual([])
    await hold()
    expect(held()).toEqual(['10.244.1.1/32'])
  })

  it('leaves no descriptor open, whatever it answers', async () => {
    for (let i = 0; i < 1_100; i++) await hold(`10.244.${i % 7}.1`)
    expect(held()).toEqual(['10.244.0.1/32'])
  })

  it.each([
    { name: 'the metadata service', address: '169.254.169.254' },
    { name: 'a loopback address', address: '127.0.0.2' },
    { name: 'the loopback address', address: '::1' },
    { name: 'a multicast address', address: 'ff02::1' },
    { name: 'broadcast', address: '255.255.255.255' },
    { name: 'an IPv4 address as IPv6 has it', address: '::ffff:10.0.0.1' },
    { name: 'no address', address: 'lo' },
    { name: 'another form', address: 'fd00::0:1' },
    { name: 'a prefix', address: '10.0.0.1/8' },
  ])('refuses $name', async ({ address }) => {
    expect(await client.refused('addresses.hold', { addresses: ['10.244.1.1', address] })).toMatchObject({
      code: 'invalid',
      field: 'parameters.addresses[1]',
    })
    expect(held()).toEqual([])
  })
})
