import { beforeEach, describe, expect, it } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { decodeNetworkConfig } from '../spec/config.ts'
import { formatInterfaceAddress } from '../spec/result.ts'
import { MemoryFiles, sysError } from '../testing/memory-system.ts'
import { type IpamConfig, readIpamConfig } from './config.ts'
import { allocate, giveBack, readDns, release, requireAllocation, requireFreeAddress } from './host-local.ts'

const folder = '/data/net'

let files: MemoryFiles
beforeEach(() => {
  files = new MemoryFiles()
})

const configOf = (ipam: object, fields: object = {}, args = ''): IpamConfig =>
  readIpamConfig(
    decodeNetworkConfig(
      JSON.stringify({
        cniVersion: '1.0.0',
        name: 'net',
        ...fields,
        ipam: { type: 'host-local', dataDir: '/data', ...ipam },
      }),
    ),
    args,
  )

const small = configOf({ ranges: [[{ subnet: '10.0.0.0/29' }]] })
const dual = configOf({ ranges: [[{ subnet: '10.0.0.0/29' }], [{ subnet: 'fd00::/64' }]] })

const give = (config: IpamConfig, containerId: string, ifName = 'eth0'): string[] =>
  allocate(files, config, { containerId, ifName }).map(({ address }) => formatInterfaceAddress(address))

/** Reserved addresses and whose they are. */
const reserved = (): Record<string, string> =>
  Object.fromEntries(
    [...files.contents]
      .map(([path, content]) => [path.slice(folder.length + 1), content] as const)
      .filter(([name]) => name !== 'lock' && !name.startsWith('last_reserved_ip.')),
  )

describe('host-local', () => {
  it('gives one address of each set, with its subnet and gateway, and writes it down', () => {
    const leases = allocate(files, dual, { containerId: 'id', ifName: 'eth0' })
    expect(leases.map(({ address }) => formatInterfaceAddress(address))).toEqual([
      '10.0.0.2/29',
      'fd00::2/64',
    ])
    expect(leases.map(({ gateway }) => formatAddress(gateway))).toEqual(['10.0.0.1', 'fd00::1'])
    expect(Object.fromEntries(files.contents)).toEqual({
      '/data/net/lock': '',
      '/data/net/10.0.0.2': 'id\r\neth0',
      '/data/net/fd00::2': 'id\r\neth0',
      '/data/net/last_reserved_ip.0': '10.0.0.2',
      '/data/net/last_reserved_ip.1': 'fd00::2',
    })
    expect(files.locked.size).toBe(0)
  })

  /** https://github.com/aws/amazon-vpc-cni-k8s/issues/3634, https://github.com/projectcalico/calico/issues/4152 */
  it('gives a released address again as late as possible', () => {
    expect(give(small, 'a')).toEqual(['10.0.0.2/29'])
    release(files, folder, { containerId: 'a', ifName: 'eth0' })
    expect(give(small, 'b')).toEqual(['10.0.0.3/29'])
    for (const id of ['c', 'd', 'e', 'f']) give(small, id)
    expect(reserved()).toHaveProperty(['10.0.0.2'], 'f\r\neth0')
  })

  it('says so when there is none left, and gives back what it took from other sets', () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) give(small, id)
    const swapped = configOf({ ranges: [[{ subnet: 'fd00::/64' }], [{ subnet: '10.0.0.0/29' }]] })
    const before = reserved()
    expect(() => give(swapped, 'f')).toThrow(
      'failed to allocate for range 1: no IP addresses available in range set: 10.0.0.1-10.0.0.6',
    )
    expect(reserved()).toEqual(before)
    expect(files.locked.size).toBe(0)
  })

  /** https://github.com/containernetworking/plugins/issues/327 */
  it('refuses a second address of a set to the same attachment, not to another interface', () => {
    give(small, 'a')
    expect(() => give(small, 'a')).toThrow(
      'failed to allocate for range 0: 10.0.0.2 has been allocated to a, duplicate allocation is not allowed',
    )
    expect(give(small, 'a', 'eth1')).toEqual(['10.0.0.3/29'])
  })

  it('keeps what an attachment had when a further set refuses it', () => {
    give(dual, 'a')
    const both = configOf({ ranges: [[{ subnet: '10.0.1.0/29' }], [{ subnet: '10.0.0.0/29' }]] })
    expect(() => give(both, 'a')).toThrow('duplicate allocation is not allowed')
    expect(Object.keys(reserved()).sort()).toEqual(['10.0.0.2', 'fd00::2'])
  })

  it('respects and releases files of old versions, which have only the container id', () => {
    files.makeDirectory('/data')
    files.makeDirectory(folder)
    files.contents.set(`${folder}/10.0.0.2`, 'a\n')
    expect(() => give(small, 'a')).toThrow('10.0.0.2 has been allocated to a')
    expect(give(small, 'b')).toEqual(['10.0.0.3/29'])
    release(files, folder, { containerId: 'a', ifName: 'eth0' })
    expect(reserved()).toEqual({ '10.0.0.3': 'b\r\neth0' })
  })

  /** A writer that died between creating and writing a file blocks its address for ever in host-local. */
  it('takes an empty file over', () => {
    give(small, 'a')
    for (const n of [3, 5, 6]) files.contents.set(`${folder}/10.0.0.${n}`, 'other')
    files.contents.set(`${folder}/10.0.0.4`, '')
    expect(give(small, 'b')).toEqual(['10.0.0.4/29'])
    expect(reserved()).toHaveProperty(['10.0.0.4'], 'b\r\neth0')
  })

  it('leaves no file when the disk is full', () => {
    give(small, 'a')
    files.full.add(`${folder}/10.0.0.3`)
    const before = reserved()
    expect(() => give(small, 'b')).toThrow('write')
    expect(reserved()).toEqual(before)
    files.full.delete(`${folder}/10.0.0.3`)
    files.full.add(`${folder}/last_reserved_ip.0`)
    expect(() => give(small, 'b')).toThrow('write')
    expect(reserved()).toEqual(before)
  })

  it('ignores a last address that is nonsense', () => {
    give(small, 'a')
    files.contents.set(`${folder}/last_reserved_ip.0`, 'nonsense')
    expect(give(small, 'b')).toEqual(['10.0.0.3/29'])
  })

  describe('with requested addresses', () => {
    const asking = (...ips: readonly string[]): IpamConfig =>
      configOf(
        { ranges: [[{ subnet: '10.0.0.0/29' }], [{ subnet: 'fd00::/64' }]] },
        { runtimeConfig: { ips } },
      )

    it('gives them, each from its set, and goes on from there', () => {
      expect(give(asking('fd00::77', '10.0.0.5'), 'a')).toEqual(['10.0.0.5/29', 'fd00::77/64'])
      expect(give(dual, 'b')).toEqual(['10.0.0.6/29', 'fd00::78/64'])
    })

    it.each([
      {
        name: 'that is the gateway',
        ips: ['10.0.0.1'],
        text: "failed to allocate for range 0: requested ip 10.0.0.1 is subnet's gateway",
      },
      {
        name: 'that is taken',
        ips: ['10.0.0.3'],
        text: 'failed to allocate for range 0: requested IP address 10.0.0.3 is not available in range set 10.0.0.1-10.0.0.6',
      },
      {
        name: 'of no set',
        ips: ['10.0.0.4', '10.9.9.9'],
        text: 'failed to allocate all requested IPs: 10.9.9.9',
      },
      {
        name: 'twice of one set',
        ips: ['10.0.0.4', '10.0.0.5'],
        text: 'failed to allocate all requested IPs: 10.0.0.5',
      },
    ])('refuses one $name, and keeps nothing', ({ ips, text }) => {
      files.makeDirectory('/data')
      files.makeDirectory(folder)
      files.contents.set(`${folder}/10.0.0.3`, 'other\r\neth0')
      expect(() => give(asking(...ips), 'a')).toThrow(text)
      expect(reserved()).toEqual({ '10.0.0.3': 'other\r\neth0' })
    })
  })

  describe('release', () => {
    it('frees the attachment’s addresses of all ranges, and no others', () => {
      give(dual, 'a')
      give(dual, 'a', 'eth1')
      give(dual, 'b')
      release(files, folder, { containerId: 'a', ifName: 'eth0' })
      expect(Object.values(reserved()).sort()).toEqual(['a\r\neth1', 'a\r\neth1', 'b\r\neth0', 'b\r\neth0'])
    })

    it('of what nobody has, or in a network that never was, does nothing', () => {
      give(small, 'a')
      release(files, folder, { containerId: 'x', ifName: 'eth0' })
      release(files, '/data/other', { containerId: 'a', ifName: 'eth0' })
      expect(Object.keys(reserved())).toEqual(['10.0.0.2'])
      expect(files.folders.has('/data/other')).toBe(false)
    })
  })

  it('gives back what one call reserved, and nothing that its owner had before', () => {
    const owner = { containerId: 'a', ifName: 'eth0' }
    give(small, 'a')
    const asked = configOf(
      { ranges: [[{ subnet: '10.0.0.0/29' }]] },
      { runtimeConfig: { ips: ['10.0.0.5'] } },
    )
    giveBack(files, folder, allocate(files, asked, owner))
    expect(Object.keys(reserved())).toEqual(['10.0.0.2'])
  })

  it('checks that an attachment has an address', () => {
    const owner = { containerId: 'a', ifName: 'eth0' }
    const text = 'host-local: Failed to find address added by container a'
    expect(() => requireAllocation(files, folder, owner)).toThrow(text)
    give(small, 'a')
    expect(() => requireAllocation(files, folder, owner)).not.toThrow()
    expect(() => requireAllocation(files, folder, { ...owner, ifName: 'eth1' })).toThrow(text)
  })

  it('knows when a set is exhausted', () => {
    expect(() => requireFreeAddress(files, small)).not.toThrow()
    for (const id of ['a', 'b', 'c', 'd', 'e']) give(small, id)
    expect(() => requireFreeAddress(files, small)).toThrow(expect.objectContaining({ code: 50 }) as Error)
    // An abandoned file is as good as free.
    files.contents.set(`${folder}/10.0.0.4`, '')
    expect(() => requireFreeAddress(files, small)).not.toThrow()
  })

  it('reads DNS settings from the configured file', () => {
    files.contents.set('/etc/resolv.conf', 'nameserver 192.0.2.3\n')
    const config = configOf({ subnet: '10.0.0.0/29', resolvConf: '/etc/resolv.conf' })
    expect(readDns(files, config).nameservers).toEqual(['192.0.2.3'])
    expect(readDns(files, small)).toEqual({})
    files.contents.clear()
    expect(() => readDns(files, config)).toThrow('/etc/resolv.conf')
  })
})

describe('a reservation that can’t be read', () => {
  const unreadable = (errno: number): void => {
    files.read = (path) => {
      throw sysError(errno, 'open', path)
    }
  }

  it.each([
    { name: 'no descriptor is left for the process', errno: 24 },
    { name: 'no descriptor is left for the machine', errno: 23 },
    { name: 'no memory is left', errno: 12 },
  ])('because $name fails the call, which can be repeated', ({ errno }) => {
    give(small, 'pod')
    unreadable(errno)
    expect(() => release(files, folder, { containerId: 'pod', ifName: 'eth0' })).toThrow()
    expect(Object.keys(reserved())).toEqual(['10.0.0.2'])
  })

  it('for good keeps nobody from being removed', () => {
    give(small, 'pod')
    unreadable(5)
    expect(() => release(files, folder, { containerId: 'pod', ifName: 'eth0' })).not.toThrow()
  })
})
