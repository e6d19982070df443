import fc from 'fast-check'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestClient, TestServer } from './testing/server.ts'

/** `PODWAY_SEED` and `PODWAY_RUNS` draw other requests, and more of them. */
const { PODWAY_SEED: seed, PODWAY_RUNS: runs } = process.env
const drawn = (usualRuns: number): { readonly seed: number; readonly numRuns: number } => ({
  seed: Number(seed ?? 1),
  numRuns: Number(runs ?? usualRuns),
})

let server: TestServer
let client: TestClient | undefined
beforeEach(async () => {
  server = new TestServer()
  for (const name of ['a-sibling', 'networks/net', 'cache/results', 'tasks/web'])
    mkdirSync(`${server.folder}/${name}`, { recursive: true })
  server.make(server.confDir)
  const plugin = { type: 'ptp', ipam: { type: 'host-local', subnet: '10.1.2.0/24' } }
  const list = JSON.stringify({ cniVersion: '1.0.0', name: 'net', plugins: [plugin] })
  for (const folder of [server.confDir, `${server.folder}/a-sibling`])
    writeFileSync(`${folder}/10-net.conflist`, list)
  writeFileSync(`${server.folder}/networks/net/10.1.2.2`, 'pod\r\neth0')
  await server.start({
    args: [
      ...['--cni-cache-dir', `${server.folder}/cache`, '--runtime-dir', `${server.folder}/tasks`],
      ...['--garbage-grace', '0'],
    ],
  })
  client = undefined
})
afterEach(async () => {
  const last = await server.connect()
  await last.exchange('cni.uninstall', {})
  await server.remove()
})

/** Every file of the server's surroundings that is not in a folder that it may write to. */
function surroundings(): object {
  const mine = [server.binDir, server.confDir, server.socket]
  const list = (folder: string): readonly string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name)
      if (mine.includes(path)) return []
      const status = statSync(path)
      return status.isDirectory()
        ? [path, ...list(path)]
        : [`${path} ${status.mode.toString(8)} ${readFileSync(path, 'utf8')}`]
    })
  return list(server.folder)
}

const operations = [
  ...['hello', 'cni.inspect', 'cni.install', 'cni.configure', 'cni.uninstall', 'rules.set'],
  ...['routes.list', 'routes.apply', 'routes.watch', 'addresses.hold', 'garbage.collect'],
  ...['', '__proto__', 'constructor', 'toString', 'cni.install ', 'CNI.INSTALL'],
]
const cidr = fc.oneof(
  fc.constantFrom(
    '10.1.2.0/24',
    'fd00::/64',
    '0.0.0.0/0',
    '10.1.2.0/33',
    '10.1.2.0/024',
    '::ffff:1.2.3.0/120',
    '/',
  ),
  fc.ipV4().map((address) => `${address}/32`),
  fc.ipV6(),
  fc.string(),
)
const path = fc.oneof(
  fc.constantFrom(
    ...['../a-sibling/10-net.conflist', '10-net.conflist', './10-net.conflist', '/etc/shadow', '..', '.', ''],
    ...[
      '05-podway.conflist',
      '10-net.conflist\0',
      '10-net.conflist/',
      '.05-podway.conflist.podway-tmp',
      'x'.repeat(300),
    ],
  ),
  fc.string({ unit: 'binary' }),
)
const anything = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.constantFrom(null, -0, 1e308, 2 ** 53, '\u0000', '\ud800', [], {}, [[[[]]]]) },
)
const parameters = fc.oneof(
  anything,
  fc.constant({}),
  fc.record({ protocol: fc.oneof(fc.constant(1), anything) }),
  fc.record(
    {
      podCidrs: fc.oneof(fc.array(cidr, { maxLength: 3 }), anything),
      mtu: fc.oneof(fc.integer(), anything),
      masquerade: fc.oneof(fc.boolean(), anything),
      takeOver: fc.oneof(path, anything),
    },
    { requiredKeys: ['podCidrs'] },
  ),
  fc.record({ podCidrs: fc.constant(['10.1.2.0/24']), takeOver: path }),
  fc.record({ addresses: fc.oneof(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), anything) }),
  fc.record({
    antiSpoofing: fc.boolean(),
    blockMetadata: fc.boolean(),
    masquerade: fc.oneof(
      anything,
      fc.record({
        sources: fc.array(cidr),
        exceptions: fc.array(cidr),
        randomFully: fc.oneof(fc.boolean(), anything),
      }),
    ),
  }),
  fc.record({
    changes: fc.oneof(
      anything,
      fc.array(
        fc.record({
          op: fc.constantFrom('create', 'replace', 'delete', 'x'),
          destination: cidr,
          from: fc.ipV4(),
          gateway: fc.oneof(fc.ipV4(), fc.ipV6(), anything),
        }),
      ),
    ),
  }),
)

const codes = ['invalid', 'unsupported', 'refused', 'system']

describe('podway-cni serve, asked for anything', () => {
  it('answers each request, in words that the agent knows, and touches nothing but what it is for', async () => {
    const before = surroundings()
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), parameters, async (operation, given) => {
        client ??= await server.connect()
        if (operation === '') return
        const answer = await client.exchange(operation, given)
        if ('error' in answer) {
          expect(codes).toContain(answer.error.code)
          expect(answer.error.message.length).toBeGreaterThan(0)
          expect(answer.error.message.length).toBeLessThan(2_000)
          // What a server should never say: that it made a mistake itself.
          expect(answer.error.message).not.toMatch(/not a function|undefined|cannot read|TypeError/i)
        } else expect(answer.result).toBeTypeOf('object')
      }),
      drawn(1_500),
    )
    expect(surroundings()).toEqual(before)
    expect(server.memory().peak).toBeLessThan(8_000)
  }, 120_000)

  it('answers or closes at any bytes, and goes on', async () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }).map((text) => new TextEncoder().encode(text)),
      fc.json().map((text) => new TextEncoder().encode(`${text}\n`)),
      fc
        .record({ id: anything, operation: fc.constantFrom(...operations), parameters })
        .map((value) => new TextEncoder().encode(`${JSON.stringify(value)}\n`)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
        const hostile = await server.connect()
        for (const bytes of frames) hostile.socket.write(bytes)
        // Behind whatever came: the end of it, so that nobody waits for more.
        hostile.socket.end('\n')
        await hostile.closed
      }),
      drawn(300),
    )
    const after = await server.connect()
    expect(await after.ask('hello', { protocol: 1 })).toMatchObject({ protocol: 1 })
  }, 120_000)
})
