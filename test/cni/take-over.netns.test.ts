import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ending, invoke } from '../../cni/testing/binary.ts'
import { exchange } from '../../cni/testing/exchange.ts'
import { type TestClient, TestServer } from '../../cni/testing/server.ts'
import { TestNode, ip, link } from '../../cni/testing/world.ts'
import { type GoPlugins, ensureGoPlugins } from '../bench/cni/go-plugins.ts'
import { describeUnless } from '../install/describe-unless.ts'

/** The predecessor's own programs, not ours under their names. */
const reference = await ensureGoPlugins({ environment: process.env, log: () => undefined }).catch(
  (error: unknown) => String(error),
)

interface List {
  readonly cniVersion: string
  readonly name: string
  readonly plugins: readonly Record<string, unknown>[]
}

let testNode: TestNode
let server: TestServer
let client: TestClient
beforeEach(async () => {
  testNode = new TestNode()
  server = new TestServer()
  await server.start()
  client = await server.connect()
  await client.ask('cni.install', {})
  server.make(server.confDir)
})
afterEach(async () => {
  await server.remove()
  testNode.remove()
})

const file = (name: string): string => `${server.confDir}/${name}`
const write = (name: string, list: object): void => writeFileSync(file(name), JSON.stringify(list))
const laid = (): List => JSON.parse(readFileSync(file('05-podway.conflist'), 'utf8')) as List

/** Calls the first plugin of a list, as a runtime would. */
function attach(
  command: string,
  containerId: string,
  list: List,
  folder: string,
  netns = `/run/netns/${containerId}`,
): Ending {
  const [plugin] = list.plugins
  return invoke({
    command,
    containerId,
    netns,
    file: `${folder}/${String(plugin?.type)}`,
    config: { ...plugin, name: list.name, cniVersion: list.cniVersion },
    environment: { CNI_PATH: folder },
  })
}

const addressOf = (pod: string): string | undefined =>
  link('eth0', pod).addr_info.find(({ local }) => !local.startsWith('fe80'))?.local

describeUnless(
  typeof reference === 'string' ? reference : undefined,
  'kindnet, as ptp and host-local',
  () => {
    const kindnet = (): List => ({
      cniVersion: '0.3.1',
      name: 'kindnet',
      plugins: [
        {
          type: 'ptp',
          ipMasq: false,
          ipam: {
            type: 'host-local',
            dataDir: `${testNode.dataDir}/cni-ipam-state`,
            routes: [{ dst: '0.0.0.0/0' }],
            ranges: [[{ subnet: '10.1.2.0/24' }]],
          },
          mtu: 1500,
        },
      ],
    })

    it('goes on with its pods: addresses, packets, DEL; and is handed back with ours', async () => {
      const theirs = (reference as GoPlugins).folder
      const before = JSON.stringify(kindnet())
      writeFileSync(file('10-kindnet.conflist'), before)
      testNode.pod('old')
      expect(attach('ADD', 'old', kindnet(), theirs)).toMatchObject({ code: 0 })

      const podCidrs = ['10.1.2.0/24']
      await client.ask('cni.configure', { podCidrs, takeOver: '10-kindnet.conflist' })
      expect(laid()).toMatchObject({ name: 'kindnet', cniVersion: '1.0.0' })
      // Asked for again without it, as by an agent that finds ours first: nothing is forgotten.
      expect(await client.ask('cni.configure', { podCidrs })).toEqual({ changed: [] })
      expect(readFileSync(file('10-kindnet.conflist'), 'utf8')).toBe(before)

      testNode.pod('new')
      expect(attach('ADD', 'new', laid(), server.binDir)).toMatchObject({ code: 0 })
      expect([addressOf('old'), addressOf('new')]).toEqual(['10.1.2.2', '10.1.2.3'])
      expect(await exchange('old', { netns: 'new', address: '10.1.2.3' })).toMatch(/10\.1\.2\.2$/)
      expect(await exchange('new', { netns: 'old', address: '10.1.2.2' })).toMatch(/10\.1\.2\.3$/)

      // A pod of theirs is deleted by us, and one of ours by them.
      expect(attach('DEL', 'old', laid(), server.binDir)).toMatchObject({ code: 0 })
      const folder = `${testNode.dataDir}/cni-ipam-state/kindnet`
      expect(readdirSync(folder)).not.toContain('10.1.2.2')
      await client.ask('cni.uninstall', {})
      expect(readdirSync(server.confDir)).toEqual(['10-kindnet.conflist'])
      testNode.pod('later')
      expect(attach('ADD', 'later', kindnet(), theirs)).toMatchObject({ code: 0 })
      expect(addressOf('later')).not.toBe('10.1.2.3')
      expect(await exchange('later', { netns: 'new', address: '10.1.2.3' })).toContain(
        String(addressOf('later')),
      )
      expect(attach('DEL', 'new', kindnet(), theirs)).toMatchObject({ code: 0 })
      expect(readdirSync(folder)).not.toContain('10.1.2.3')
    })
  },
)

describe('kubenet’s successor, a bridge by containerd’s template', () => {
  const bridged = (): List => ({
    cniVersion: '0.3.1',
    name: 'kubenet',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cbr0',
        mtu: 1500,
        addIf: 'eth0',
        isGateway: true,
        ipMasq: false,
        promiscMode: true,
        hairpinMode: false,
        ipam: {
          type: 'host-local',
          subnet: '10.1.2.0/24',
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: testNode.dataDir,
        },
      },
      { type: 'portmap', capabilities: { portMappings: true }, externalSetMarkChain: 'KUBE-MARK-MASQ' },
    ],
  })

  /** What bridge and host-local leave after an ADD. */
  function oldPod(): void {
    testNode.pod('old')
    for (const line of [
      'link add cbr0 type bridge',
      'addr add 10.1.2.1/24 dev cbr0',
      'link set cbr0 up',
      'link add vethold type veth peer name eth0 netns old',
      'link set vethold master cbr0 up',
      '-n old addr add 10.1.2.2/24 dev eth0',
      '-n old link set eth0 up',
      '-n old route add default via 10.1.2.1',
    ])
      ip(undefined, ...line.split(' '))
    mkdirSync(`${testNode.dataDir}/kubenet`)
    writeFileSync(`${testNode.dataDir}/kubenet/10.1.2.2`, 'old\r\neth0')
  }

  it('has its pods reach new ones and be reached, on the same node', async () => {
    oldPod()
    write('10-containerd-net.conflist', bridged())
    const asked = { podCidrs: ['10.1.2.0/24'], takeOver: '10-containerd-net.conflist' }
    expect((await client.ask('cni.configure', asked)).changed).toEqual([
      'turned proxy_arp on for cbr0',
      `laid ${file('05-podway.conflist')}`,
    ])
    // The chain goes on too, in the version that it had: its DEL takes away what old pods have of it.
    expect(laid()).toMatchObject({
      name: 'kubenet',
      cniVersion: '0.3.1',
      plugins: [{ type: 'podway-cni' }, { type: 'portmap' }],
    })
    expect(laid()).not.toHaveProperty('cniVersions')

    testNode.pod('new')
    expect(attach('ADD', 'new', laid(), server.binDir)).toMatchObject({ code: 0 })
    expect(addressOf('new')).toBe('10.1.2.3')
    expect(await exchange('old', { netns: 'new', address: '10.1.2.3' })).toMatch(/10\.1\.2\.2$/)
    expect(await exchange('new', { netns: 'old', address: '10.1.2.2' })).toMatch(/10\.1\.2\.3$/)
    expect(attach('DEL', 'old', laid(), server.binDir)).toMatchObject({ code: 0 })
    expect(testNode.reservations('kubenet')).toEqual(['10.1.2.3'])
  })

  it('keeps reaching them when somebody turns that off', async () => {
    oldPod()
    write('10-containerd-net.conflist', bridged())
    await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'], takeOver: '10-containerd-net.conflist' })
    const sysctl = '/proc/sys/net/ipv4/conf/cbr0/proxy_arp'
    writeFileSync(sysctl, '0')
    await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'] })
    expect(readFileSync(sysctl, 'utf8').trim()).toBe('1')
  })

  it('is reached too where /proc/sys is read-only, as in containers', async () => {
    oldPod()
    write('10-containerd-net.conflist', bridged())
    await server.stop()
    const script = 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$@"'
    await server.start({ by: ['unshare', '--mount', 'sh', '-c', script, 'sh'] })
    client = await server.connect()
    await client.ask('cni.configure', {
      podCidrs: ['10.1.2.0/24'],
      takeOver: '10-containerd-net.conflist',
    })
    expect(readFileSync('/proc/sys/net/ipv4/conf/cbr0/proxy_arp', 'utf8').trim()).toBe('1')
  })

  it('is not taken over with IPv6 pods, who would not reach new ones', async () => {
    oldPod()
    const list = bridged()
    const ranges = [[{ subnet: '10.1.2.0/24' }], [{ subnet: 'fd00:1::/64' }]]
    write('10-net.conflist', {
      ...list,
      plugins: [{ ...list.plugins[0], ipam: { type: 'host-local', ranges } }],
    })
    const asked = { podCidrs: ['10.1.2.0/24', 'fd00:1::/64'], takeOver: '10-net.conflist' }
    expect(await client.refused('cni.configure', asked)).toMatchObject({ code: 'refused' })
    expect(readdirSync(server.confDir)).toEqual(['10-net.conflist'])
  })
})

describe('what is never taken over', () => {
  const ipam = { type: 'host-local', subnet: '10.1.2.0/24' }
  const ptp = (fields: object = {}): object => ({
    cniVersion: '1.0.0',
    name: 'net',
    plugins: [{ type: 'ptp', ipam, ...fields }],
  })
  it.each([
    // https://github.com/lf-edge/eve/pull/6614
    { name: 'other ranges', list: ptp({ ipam: { type: 'host-local', subnet: '10.1.3.0/24' } }) },
    { name: 'more ranges', list: ptp({ ipam: { ...ipam, ranges: [[{ subnet: '10.9.0.0/24' }]] } }) },
    {
      name: 'two ranges in a set',
      list: ptp({
        ipam: { type: 'host-local', ranges: [[{ subnet: '10.1.2.0/25' }, { subnet: '10.1.2.128/25' }]] },
      }),
    },
    { name: 'another plugin', list: ptp({ type: 'calico' }) },
    { name: 'another IPAM', list: ptp({ ipam: { type: 'dhcp' } }) },
    { name: 'a relative folder', list: ptp({ ipam: { ...ipam, dataDir: '../../etc' } }) },
    { name: 'a bridge whose name is a path', list: ptp({ type: 'bridge', bridge: '../../kernel' }) },
    { name: 'a network whose name is a path', list: { ...ptp(), name: '../net' } },
    { name: 'no configuration', list: [] },
    { name: 'no plugins', list: { name: 'net', plugins: [] } },
  ])('$name', async ({ list }) => {
    write('10-net.conflist', list)
    const asked = { podCidrs: ['10.1.2.0/24'], takeOver: '10-net.conflist' }
    expect(await client.refused('cni.configure', asked)).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('10-net.conflist') as string,
    })
    expect(readdirSync(server.confDir)).toEqual(['10-net.conflist'])
  })

  it('a file that stands before ours', async () => {
    write('00-net.conflist', ptp())
    const asked = { podCidrs: ['10.1.2.0/24'], takeOver: '00-net.conflist' }
    expect(await client.refused('cni.configure', asked)).toMatchObject({ code: 'refused' })
  })

  it.each([
    '../net.d/10-net.conflist',
    '/etc/passwd',
    '10-none.conflist',
    '.',
    '..',
    '05-podway.conflist',
    'x\0',
  ])('the name %j', async (takeOver) => {
    write('10-net.conflist', ptp())
    expect(await client.refused('cni.configure', { podCidrs: ['10.1.2.0/24'], takeOver })).toMatchObject({
      code: 'invalid',
      field: 'parameters.takeOver',
    })
  })

  it('keeps the ranges’ own bounds and gateway, where they are the podCIDRs', async () => {
    const range = {
      subnet: '10.1.2.0/24',
      rangeStart: '10.1.2.10',
      rangeEnd: '10.1.2.20',
      gateway: '10.1.2.254',
    }
    write('10-net.conflist', ptp({ ipam: { type: 'host-local', ranges: [[range]] } }))
    await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'], takeOver: '10-net.conflist' })
    expect(laid().plugins[0]).toMatchObject({ ipam: { ranges: [[range]] } })
    // Until the Node has another one.
    await client.ask('cni.configure', { podCidrs: ['10.7.7.0/24'] })
    expect(laid()).toMatchObject({
      name: 'net',
      plugins: [{ ipam: { ranges: [[{ subnet: '10.7.7.0/24' }]] } }],
    })
  })
})
