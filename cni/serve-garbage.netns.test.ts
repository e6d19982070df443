import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invokeAsync, run } from './testing/binary.ts'
import { add } from './testing/calls.ts'
import { nft, ruleset } from './testing/filter.ts'
import { type ServerOptions, type TestClient, TestServer } from './testing/server.ts'
import { TestNode, ip, link, links } from './testing/world.ts'

let testNode: TestNode
let server: TestServer
let client: TestClient
/** What a runtime has of its containers. */
const runtimeDir = (): string => `${server.folder}/tasks`
const cacheDir = (): string => `${server.folder}/cache`

async function serve(options: ServerOptions & { readonly grace?: string } = {}): Promise<void> {
  const folders = ['--cni-cache-dir', cacheDir(), '--garbage-grace', options.grace ?? '0']
  await server.start({ ...options, args: [...folders, ...(options.args ?? [])] })
  client = await server.connect()
}

beforeEach(async () => {
  testNode = new TestNode()
  server = new TestServer()
  mkdirSync(`${cacheDir()}/results`, { recursive: true })
  mkdirSync(runtimeDir())
  await serve()
  await client.ask('cni.install', {})
  await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'] })
})
afterEach(async () => {
  await server.remove()
  testNode.remove()
})

const config = (): object =>
  testNode.config({ name: 'podway' }, { dataDir: server.dataDir, ranges: [[{ subnet: '10.1.2.0/24' }]] })

/** An attached pod, and what libcni writes of it. */
function attach(containerId: string): void {
  add({ containerId, netns: testNode.pod(containerId).path, config: config() })
  const result = { kind: 'cniCacheV1', containerId, ifName: 'eth0', networkName: 'podway' }
  writeFileSync(`${cacheDir()}/results/podway-${containerId}-eth0`, JSON.stringify(result))
}

const reserved = (): readonly string[] =>
  readdirSync(server.dataDir + '/podway').filter((name) => name.includes('.') && !/^(last|podway)/.test(name))
const results = (): readonly string[] => readdirSync(`${cacheDir()}/results`)
const hostEnds = (): number => links().filter(({ ifname }) => ifname.startsWith('veth')).length
const collect = async (): Promise<readonly object[]> => (await client.ask('garbage.collect', {})).collected
/** Looks often enough for everything that there is to see. */
async function collectAll(): Promise<readonly object[]> {
  const all: object[] = []
  for (let i = 0; i < 6; i++) all.push(...(await collect()))
  return all
}

/** Takes a pod's namespace away as a machine or a runtime does that never says DEL, and waits for the kernel. */
function kill(pod: string): void {
  testNode.forget(pod)
  while (links().some(({ ifalias }) => ifalias === `podway podway ${pod}/eth0`));
}

describe('garbage.collect', () => {
  it('finds nothing where there is no configuration of ours, or no pod', async () => {
    expect(await collectAll()).toEqual([])
    await client.ask('cni.uninstall', {})
    expect(await collectAll()).toEqual([])
  })

  it('never touches what lives', async () => {
    for (const pod of ['a', 'b']) attach(pod)
    expect(await collectAll()).toEqual([])
    expect(reserved()).toEqual(['10.1.2.2', '10.1.2.3'])
  })

  /** https://github.com/containerd/cri/issues/948, https://github.com/containerd/containerd/issues/5768 */
  it('frees the address of a pod whose namespace is gone, at the second look, and then its result', async () => {
    for (const pod of ['lives', 'dead']) attach(pod)
    kill('dead')
    expect(await collect()).toEqual([])
    expect(await collectAll()).toEqual([
      {
        kind: 'reservation',
        what: '10.1.2.3',
        containerId: 'dead',
        why: 'its network namespace is gone: nothing on this machine leads to it',
      },
      {
        kind: 'result',
        what: 'podway-dead-eth0',
        containerId: 'dead',
        why: 'it has no address and no interface any more',
      },
    ])
    expect(reserved()).toEqual(['10.1.2.2'])
    expect(results()).toEqual(['podway-lives-eth0'])
    // It rests, as after a DEL.
    attach('next')
    expect(link('eth0', 'next').addr_info[0]?.local).toBe('10.1.2.4')
  })

  /** https://github.com/containernetworking/plugins/issues/810 */
  it('ends the masquerading of a pod whose namespace is gone, and of no other', async () => {
    const masqueraded = (): object => ({ ...config(), ipMasq: true })
    for (const pod of ['lives', 'dead'])
      add({ containerId: pod, netns: testNode.pod(pod).path, config: masqueraded() })
    kill('dead')
    expect(await collectAll()).toMatchObject([
      { kind: 'reservation', containerId: 'dead' },
      { kind: 'rule', containerId: 'dead', what: 'podway podway dead/eth0' },
    ])
    const rules = ruleset().join('\n')
    expect(rules).toContain('podway podway lives/eth0')
    expect(rules).not.toContain('dead')
    nft(undefined, 'delete', 'table', 'inet', 'podway')
  })

  it.each([
    { name: 'for all', fields: {} },
    { name: 'with conditions and masqAll', fields: { conditionsV4: ['-s', '192.0.2.1'], masqAll: true } },
  ])(
    'ends the port mappings of a pod whose namespace is gone, and of no other: $name',
    async ({ fields }) => {
      const mapped = (hostPort: number): object => ({
        ...config(),
        ...fields,
        runtimeConfig: { portMappings: [{ hostPort, containerPort: 80, protocol: 'tcp' }] },
      })
      add({ containerId: 'lives', netns: testNode.pod('lives').path, config: mapped(8080) })
      add({ containerId: 'dead', netns: testNode.pod('dead').path, config: mapped(8081) })
      kill('dead')
      expect(await collectAll()).toMatchObject([
        { kind: 'reservation', containerId: 'dead' },
        { kind: 'rule', containerId: 'dead', what: 'podway podway dead/eth0' },
      ])
      const rules = ruleset().join('\n')
      expect(rules).toContain('. 8080 comment "podway podway lives/eth0"')
      expect(rules).not.toMatch(/dead|8081/)
      nft(undefined, 'delete', 'table', 'inet', 'podway')
    },
  )

  it('does not hurry', async () => {
    await server.stop()
    await serve({ grace: '3600' })
    attach('dead')
    kill('dead')
    expect(await collectAll()).toEqual([])
    expect(reserved()).toEqual(['10.1.2.2'])
  })

  it('looks again at what was made anew in between', async () => {
    attach('dead')
    kill('dead')
    expect(await collect()).toEqual([])
    const path = `${server.dataDir}/podway/10.1.2.2`
    const { ino } = statSync(path)
    // Something has to have the old file’s number, or the new one gets it.
    run('mv', path, `${server.folder}/old`)
    writeFileSync(path, 'dead\r\neth0')
    expect(statSync(path).ino).not.toBe(ino)
    expect(await collect()).toEqual([])
    expect(await collect()).toHaveLength(1)
  })

  /** https://github.com/containernetworking/plugins/issues/252 */
  it('frees what an earlier start of the machine has left', async () => {
    attach('dead')
    kill('dead')
    writeFileSync(`${server.dataDir}/podway/podway.boot`, '00000000-0000-0000-0000-000000000000')
    expect(await collectAll()).toContainEqual({
      kind: 'reservation',
      what: '10.1.2.2',
      containerId: 'dead',
      why: 'the machine was started again since, and nothing leads to it',
    })
  })

  it('leaves pods of a predecessor that the machine has a route to', async () => {
    attach('a')
    ip(undefined, 'link', 'add', 'veththeirs', 'type', 'veth', 'peer', 'name', 'theirs')
    ip(undefined, 'link', 'set', 'veththeirs', 'up')
    ip(undefined, 'route', 'add', '10.1.2.77/32', 'dev', 'veththeirs')
    writeFileSync(`${server.dataDir}/podway/10.1.2.77`, 'theirs\r\neth0')
    writeFileSync(`${server.dataDir}/podway/10.1.2.78`, 'gone\r\neth0')
    expect(await collectAll()).toMatchObject([{ what: '10.1.2.78' }])
    expect(reserved()).toContain('10.1.2.77')
    ip(undefined, 'link', 'del', 'veththeirs')
  })

  it('leaves pods on a predecessor’s bridge, of which only a runtime knows', async () => {
    const ipam = { type: 'host-local', subnet: '10.1.2.0/24', dataDir: server.dataDir }
    const list = { cniVersion: '1.0.0', name: 'podway', plugins: [{ type: 'bridge', ipam }] }
    writeFileSync(`${server.confDir}/10-bridge.conflist`, JSON.stringify(list))
    mkdirSync(`${server.dataDir}/podway`, { recursive: true })
    for (const [address, id] of [
      ['10.1.2.7', 'bridged'],
      ['10.1.2.8', 'gone'],
    ])
      writeFileSync(`${server.dataDir}/podway/${String(address)}`, `${String(id)}\r\neth0`)
    expect(await collectAll()).toEqual([])
    mkdirSync(`${runtimeDir()}/bridged`)
    await server.stop()
    await serve({ args: ['--runtime-dir', runtimeDir()] })
    expect(await collectAll()).toMatchObject([{ what: '10.1.2.8' }])
  })

  describe('with the runtime’s folder', () => {
    beforeEach(async () => {
      await server.stop()
      await serve({ args: ['--runtime-dir', runtimeDir()] })
      for (const pod of ['known', 'forgotten']) attach(pod)
      mkdirSync(`${runtimeDir()}/known`)
    })

    it('deletes the interface of a container that the runtime has forgotten, and then all else', async () => {
      expect(await collectAll()).toMatchObject([
        { kind: 'link', containerId: 'forgotten', why: 'no runtime has its container any more' },
        { kind: 'reservation', what: '10.1.2.3' },
        { kind: 'result', what: 'podway-forgotten-eth0' },
      ])
      expect(hostEnds()).toBe(1)
      expect(links('forgotten').map(({ ifname }) => ifname)).not.toContain('eth0')
      expect(reserved()).toEqual(['10.1.2.2'])
    })

    it('keeps a container that is called by a longer name', async () => {
      mkdirSync(`${runtimeDir()}/rgotten`)
      expect(await collect()).toEqual([])
      rmSync(`${runtimeDir()}/rgotten`, { recursive: true })
      attach('default-web')
      mkdirSync(`${runtimeDir()}/web`)
      mkdirSync(`${runtimeDir()}/forgotten`)
      expect(await collectAll()).toEqual([])
    })

    it.each([
      { name: 'has no container at all', spoil: () => rmSync(`${runtimeDir()}/known`, { recursive: true }) },
      { name: 'is not there', spoil: () => rmSync(runtimeDir(), { recursive: true }) },
    ])('believes no folder that $name', async ({ spoil }) => {
      spoil()
      expect(await collectAll()).toEqual([])
      expect(hostEnds()).toBe(2)
    })
  })

  it('never takes anything of ADDs that are at work', async () => {
    await server.stop()
    await serve({ grace: '3' })
    attach('dead')
    kill('dead')
    const pods = [...Array(30).keys()].map((i) => `pod${i}`)
    for (const pod of pods) testNode.pod(pod)
    const adding = Promise.all(
      pods.map((pod) =>
        invokeAsync({
          command: 'ADD',
          containerId: pod,
          netns: `/run/netns/${pod}`,
          config: config(),
        }),
      ),
    )
    // Without a pause, from before the first of them until it is sure that something was taken.
    let collected: readonly object[] = []
    while (collected.length === 0) collected = await collect()
    expect(collected).toMatchObject([{ containerId: 'dead' }])
    for (const { code, stdout } of await adding) expect(code, stdout).toBe(0)
    expect(reserved()).toHaveLength(30)
  })

  it('does not wait for a plugin that hangs with the lock', async () => {
    attach('a')
    const lock = `${server.dataDir}/podway/lock`
    const plugin = spawn('flock', ['--no-fork', lock, 'sleep', '60'])
    try {
      while (spawnSync('flock', ['--nonblock', lock, 'true']).status === 0);
      expect(await client.refused('garbage.collect', {})).toMatchObject({ code: 'system', errno: 11 })
    } finally {
      plugin.kill()
    }
  })
})
