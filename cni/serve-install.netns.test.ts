import { readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { binary, invoke, invokeAsync } from './testing/binary.ts'
import { type TestClient, TestServer } from './testing/server.ts'
import { whyNoTrace } from './testing/trace.ts'
import { TestNode } from './testing/world.ts'

let server: TestServer
let client: TestClient
let testNode: TestNode
beforeEach(async () => {
  testNode = new TestNode()
  server = new TestServer()
  await server.start()
  client = await server.connect()
})
afterEach(async () => {
  await server.remove()
  testNode.remove()
})

const names = [
  'bandwidth',
  'bridge',
  'host-local',
  'ipvlan',
  'loopback',
  'macvlan',
  'podway-cni',
  'portmap',
  'ptp',
  'static',
]
const file = (name: string): string => `${server.binDir}/${name}`
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)
const install = (): Promise<{ readonly changed: readonly string[] }> => client.ask('cni.install', {})

describe('cni.install', () => {
  it('lays the executable under all its names, whole, once', async () => {
    expect((await install()).changed).toHaveLength(names.length)
    expect(readdirSync(server.binDir).sort()).toEqual(names)
    for (const name of names) {
      expect(mode(file(name))).toBe('755')
      expect(readFileSync(file(name)).equals(readFileSync(binary()))).toBe(true)
      expect(invoke({ file: file(name), command: 'VERSION' }).code).toBe(0)
    }
    expect(await install()).toEqual({ changed: [] })
    expect((await client.ask('cni.inspect', {})).plugins).toEqual(expect.arrayContaining(names))
  })

  /** https://github.com/flannel-io/flannel/issues/1721, https://github.com/kubernetes/kubernetes/issues/115629 */
  it('brings back what a package took away, and nothing else', async () => {
    await install()
    rmSync(file('podway-cni'))
    writeFileSync(file('loopback'), '#!/bin/sh\n')
    expect((await client.ask('cni.inspect', {})).plugins).toEqual([
      'ptp',
      'host-local',
      'static',
      'portmap',
      'bandwidth',
      'bridge',
      'macvlan',
      'ipvlan',
    ])
    expect(await install()).toEqual({ changed: [`installed ${file('podway-cni')}`] })
    expect(readFileSync(file('loopback'), 'utf8')).toBe('#!/bin/sh\n')
  })

  it.each([
    {
      name: 'another build',
      spoil: (path: string) => writeFileSync(path, Buffer.concat([readFileSync(binary()), Buffer.from('x')])),
    },
    {
      name: 'a file that nobody may start',
      spoil: (path: string) => writeFileSync(path, readFileSync(binary()), { mode: 0o600 }),
    },
    { name: 'a link to nothing', spoil: (path: string) => symlinkSync('nowhere', path) },
  ])('replaces $name under every name', async ({ spoil }) => {
    server.make(server.binDir)
    for (const name of names) spoil(file(name))
    await install()
    for (const name of names) expect(readFileSync(file(name)).equals(readFileSync(binary()))).toBe(true)
    expect(readdirSync(server.binDir).sort()).toEqual(names)
    expect(await install()).toEqual({ changed: [] })
  })

  it('leaves others’ plugins, also links to them; its own name is its own', async () => {
    server.make(server.binDir)
    writeFileSync(`${server.folder}/theirs`, 'theirs', { mode: 0o755 })
    for (const name of names) symlinkSync('../theirs', file(name))
    expect(await install()).toEqual({ changed: [`replaced ${file('podway-cni')}`] })
    expect(readFileSync(`${server.folder}/theirs`, 'utf8')).toBe('theirs')
    expect((await client.ask('cni.inspect', {})).plugins).toEqual(['podway-cni'])
  })

  /** https://github.com/projectcalico/calico/issues/8932, https://github.com/aws/amazon-vpc-cni-k8s/pull/935 */
  it('replaces what runtimes start at that moment: none of them fails', async () => {
    await install()
    const other = Buffer.concat([readFileSync(binary()), Buffer.from('other')])
    const pods = [...Array(20).keys()].map((i) => `pod${i}`)
    for (const pod of pods) testNode.pod(pod)
    const adding = Promise.all(
      pods.map((pod) =>
        invokeAsync({
          command: 'ADD',
          file: file('podway-cni'),
          containerId: pod,
          netns: `/run/netns/${pod}`,
          config: testNode.config({}, { ranges: [[{ subnet: '10.1.2.0/24' }]] }),
        }),
      ),
    )
    let isDone = false
    void adding.finally(() => (isDone = true))
    let replaced = 0
    const isGoingOn = (): boolean => !isDone
    while (isGoingOn()) {
      // As another version would: beside it, then in its place.
      writeFileSync(file('podway-cni.new'), other, { mode: 0o755 })
      renameSync(file('podway-cni.new'), file('podway-cni'))
      replaced += (await install()).changed.length
    }
    for (const { code, stdout } of await adding) expect(code, stdout).toBe(0)
    expect(replaced).toBeGreaterThan(0)
  })

  it('goes on after a server that was killed half-way', async () => {
    server.make(server.binDir)
    writeFileSync(`${server.binDir}/.loopback.podway-tmp`, 'half')
    await install()
    expect(readdirSync(server.binDir).sort()).toEqual(names)
  })
})

describe('cni.configure', () => {
  const podCidrs = ['10.244.1.0/24', 'fd00:10:244:1::/64']
  const path = (): string => `${server.confDir}/05-podway.conflist`
  const laid = (): unknown => JSON.parse(readFileSync(path(), 'utf8'))

  it('is refused as long as there is nothing that it could start', async () => {
    expect(await client.refused('cni.configure', { podCidrs })).toMatchObject({ code: 'refused' })
    expect((await client.ask('cni.inspect', {})).configurations).toEqual([])
  })

  it('lays the configuration once, and follows the podCIDRs', async () => {
    await install()
    expect(await client.ask('cni.configure', { podCidrs, mtu: 1460 })).toEqual({
      changed: [`laid ${path()}`],
    })
    expect(laid()).toEqual({
      cniVersion: '1.0.0',
      cniVersions: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'],
      name: 'podway',
      plugins: [
        {
          type: 'podway-cni',
          capabilities: { ips: true, mac: true, dns: true, portMappings: true, bandwidth: true },
          mtu: 1460,
          ipam: {
            type: 'host-local',
            dataDir: server.dataDir,
            ranges: podCidrs.map((subnet) => [{ subnet }]),
          },
        },
      ],
    })
    expect(mode(path())).toBe('600')
    expect(await client.ask('cni.configure', { podCidrs, mtu: 1460 })).toEqual({ changed: [] })
    await client.ask('cni.configure', { podCidrs: ['10.9.0.0/24'] })
    expect(readFileSync(path(), 'utf8')).not.toContain('10.244')
    expect(readdirSync(server.confDir)).toEqual(['05-podway.conflist'])
  })

  it.each([
    { name: 'no podCIDR', parameters: { podCidrs: [] }, field: 'parameters.podCidrs' },
    {
      name: 'two of one family',
      parameters: { podCidrs: ['10.1.0.0/24', '10.2.0.0/24'] },
      field: 'parameters.podCidrs',
    },
    { name: 'three', parameters: { podCidrs: [...podCidrs, '10.2.0.0/24'] }, field: 'parameters.podCidrs' },
    // https://github.com/kubernetes/kubernetes/issues/84541
    { name: 'host bits', parameters: { podCidrs: ['10.244.1.5/24'] }, field: 'parameters.podCidrs[0]' },
    {
      name: 'a range without room',
      parameters: { podCidrs: ['10.244.1.0/31'] },
      field: 'parameters.podCidrs[0]',
    },
    { name: 'an MTU that IPv6 can not have', parameters: { podCidrs, mtu: 1279 }, field: 'parameters.mtu' },
    { name: 'a field that there is not', parameters: { podCidrs, name: 'x' }, field: 'parameters' },
    { name: 'no object', parameters: null, field: 'parameters' },
  ])('refuses $name', async ({ parameters, field }) => {
    await install()
    expect(await client.refused('cni.configure', parameters)).toMatchObject({ code: 'invalid', field })
    expect((await client.ask('cni.inspect', {})).configurations).toEqual([])
  })

  /**
   * https://github.com/containerd/containerd/issues/7196: containerd acts upon a file that gets another name in the folder,
   * and not upon one that is made, changed, or moved into it; and it would load anything that ends like a configuration.
   */
  it.skipIf(whyNoTrace() !== undefined)(
    'lays it by giving a complete file its name, in the folder',
    async () => {
      await install()
      const output = `${server.folder}/trace`
      await server.stop()
      await server.start({
        by: ['strace', '-D', '-o', output, '-e', 'trace=openat,rename,renameat2,fsync,fchmod,unlinkat,write'],
      })
      client = await server.connect()
      await client.ask('cni.configure', { podCidrs })
      await server.stop()
      const calls = readFileSync(output, 'utf8')
        .split('\n')
        .filter((line) => line.includes('podway.conflist') || /^(fsync|fchmod)/.test(line))
        // It looks first whether there is one.
        .filter((line) => !line.includes('ENOENT'))
      const temporary = `${server.confDir}/.05-podway.conflist.podway-tmp`
      expect(calls.map((line) => line.split('(')[0])).toEqual([
        'openat',
        'fchmod',
        'fsync',
        'renameat2',
        'fsync',
      ])
      expect(calls[0]).toContain(`"${temporary}", O_WRONLY|O_CREAT|O_EXCL`)
      expect(calls[3]).toContain(`"${temporary}", AT_FDCWD, "${path()}", 0)`)
    },
  )

  it('tells what else a runtime would find, in its order', async () => {
    server.make(server.confDir)
    const host = { type: 'host-local', ranges: [[{ subnet: '10.88.0.0/16' }]] }
    const files = {
      '10-b.conflist': JSON.stringify({
        name: 'b',
        plugins: [{ type: 'bridge', ipam: host }, { type: 'portmap' }],
      }),
      '10-a.conf': JSON.stringify({
        name: 'a',
        type: 'ptp',
        ipam: { type: 'host-local', subnet: '10.1.0.0/16' },
      }),
      '20-broken.json': '{',
      '30-list.conflist': '[]',
      'notes.txt': 'x',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(`${server.confDir}/${name}`, text)
    expect((await client.ask('cni.inspect', {})).configurations).toEqual([
      { file: '10-a.conf', isOurs: false, name: 'a', types: ['ptp'], ranges: ['10.1.0.0/16'] },
      {
        file: '10-b.conflist',
        isOurs: false,
        name: 'b',
        types: ['bridge', 'portmap'],
        ranges: ['10.88.0.0/16'],
      },
      { file: '20-broken.json', isOurs: false },
      { file: '30-list.conflist', isOurs: false },
    ])
  })
})
