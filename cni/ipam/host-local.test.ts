import { beforeEach, describe, expect, it } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { decodeNetworkConfig } from '../spec/config.ts'
import { formatInterfaceAddress } from '../spec/result.ts'
import { Errno } from '../sys.ts'
import { callOf } from '../testing/call.ts'
import { MemoryFiles, memorySystem, sysError } from '../testing/memory-system.ts'
import { type IpamConfig, readIpamConfig } from './config.ts'
import { allocate, hostLocal } from './host-local.ts'
import { release, releaseOthers } from './release.ts'
import { requireAllocation, requireRoom } from './state.ts'
import type { Owner } from './store.ts'

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
    true,
  )

const small = configOf({ ranges: [[{ subnet: '10.0.0.0/29' }]] })
const dual = configOf({ ranges: [[{ subnet: '10.0.0.0/29' }], [{ subnet: 'fd00::/64' }]] })

/** Seconds since the machine started. */
let uptime = 100
beforeEach(() => {
  uptime = 100
})

const give = (config: IpamConfig, containerId: string, ifName = 'eth0'): string[] =>
  allocate(files, config, { owner: { containerId, ifName }, uptime }).map(({ address }) =>
    formatInterfaceAddress(address),
  )

/** The whole way from a configuration. */
const call = (ipam: object, fields: object = {}): ReturnType<typeof hostLocal> => {
  const system = memorySystem({ files, uptime: () => uptime })
  const config = { ...fields, ipam: { type: 'host-local', dataDir: '/data', ...ipam } }
  return hostLocal(callOf(config, { system, reference: true, environment: { containerId: 'a' } }))
}

const noRest = { uptime: 0, cooldownSeconds: 0 }
const releaseAll = (owner: Owner, rest = noRest, where = folder): void => release(files, where, owner, rest)

/** Reserved addresses and whose they are. */
const reserved = (): Record<string, string> =>
  Object.fromEntries(
    [...files.contents]
      .filter(([path]) => path.startsWith(folder))
      .map(([path, content]) => [path.slice(folder.length + 1), content] as const)
      .filter(([name]) => !/^(lock|last_reserved_ip\..*|podway\..*)$/.test(name)),
  )

describe('host-local', () => {
  it('gives one address of each set, with its subnet and gateway, and writes it down', () => {
    const leases = allocate(files, dual, { owner: { containerId: 'id', ifName: 'eth0' }, uptime })
    expect(leases.map(({ address }) => formatInterfaceAddress(address))).toEqual([
      '10.0.0.2/29',
      'fd00::2/64',
    ])
    expect(leases.map(({ gateway }) => gateway && formatAddress(gateway))).toEqual(['10.0.0.1', 'fd00::1'])
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
    releaseAll({ containerId: 'a', ifName: 'eth0' })
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
    releaseAll({ containerId: 'a', ifName: 'eth0' })
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
      releaseAll({ containerId: 'a', ifName: 'eth0' })
      expect(Object.values(reserved()).sort()).toEqual(['a\r\neth1', 'a\r\neth1', 'b\r\neth0', 'b\r\neth0'])
    })

    it('of what nobody has, or in a network that never was, does nothing', () => {
      give(small, 'a')
      releaseAll({ containerId: 'x', ifName: 'eth0' })
      releaseAll({ containerId: 'a', ifName: 'eth0' }, noRest, '/data/other')
      expect(Object.keys(reserved())).toEqual(['10.0.0.2'])
      expect(files.folders.has('/data/other')).toBe(false)
    })
  })

  it('gives back what one call reserved, and nothing that its owner had before', () => {
    give(small, 'a')
    call({ subnet: '10.0.0.0/29' }, { runtimeConfig: { ips: ['10.0.0.5'] } })().giveBack()
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

  it('of a full set says so if it is asked to, since a full node should not lose its pods', () => {
    const [asked, usual] = [{ statusOnExhaustion: true }, { statusOnExhaustion: false }]
    expect(() => requireRoom(files, small, asked)).not.toThrow()
    for (const id of ['a', 'b', 'c', 'd', 'e']) give(small, id)
    expect(() => requireRoom(files, small, usual)).not.toThrow()
    expect(() => requireRoom(files, small, asked)).toThrow(expect.objectContaining({ code: 50 }) as Error)
    // An abandoned file is as good as free.
    files.contents.set(`${folder}/10.0.0.4`, '')
    expect(() => requireRoom(files, small, asked)).not.toThrow()
  })

  it('says when no address can ever be given', () => {
    const usual = { statusOnExhaustion: false }
    const none = configOf({
      ranges: [[{ subnet: '10.0.0.0/29', rangeStart: '10.0.0.1', rangeEnd: '10.0.0.1' }]],
    })
    expect(() => requireRoom(files, none, usual)).toThrow(expect.objectContaining({ code: 50 }) as Error)
    files.makeDirectory = (path) => {
      throw sysError(Errno.EROFS, 'mkdir', path)
    }
    expect(() => requireRoom(files, small, usual)).toThrow(expect.objectContaining({ code: 50 }) as Error)
    files.makeDirectory = (path) => {
      throw sysError(28, 'mkdir', path)
    }
    expect(() => requireRoom(files, small, usual)).not.toThrow()
  })

  it('reads DNS settings from the configured file', () => {
    files.contents.set('/etc/resolv.conf', 'nameserver 192.0.2.3\n')
    const resolvConf = '/etc/resolv.conf'
    expect(call({ subnet: '10.0.0.0/29', resolvConf })().dns.nameservers).toEqual(['192.0.2.3'])
    expect(call({ subnet: '10.0.1.0/29' })().dns).toEqual({})
    files.contents.delete(resolvConf)
    const before = reserved()
    expect(call({ subnet: '10.0.2.0/29', resolvConf })).toThrow('/etc/resolv.conf')
    expect(reserved()).toEqual(before)
  })

  /** https://github.com/aws/amazon-vpc-cni-k8s/issues/3634, https://github.com/projectcalico/calico/issues/4152 */
  describe('cool-down', () => {
    const cool: IpamConfig = { ...small, cooldownSeconds: 30 }
    const rest = (): typeof noRest => ({ uptime, cooldownSeconds: 30 })
    const owner = (containerId: string): Owner => ({ containerId, ifName: 'eth0' })
    beforeEach(() => {
      for (const id of ['a', 'b', 'c', 'd', 'e']) give(cool, id)
    })

    it('leaves a released address alone while there is another', () => {
      releaseAll(owner('a'), rest())
      uptime += 29
      releaseAll(owner('c'), noRest)
      expect(give(cool, 'f')).toEqual(['10.0.0.4/29'])
    })

    it('ends', () => {
      releaseAll(owner('a'), rest())
      uptime += 30
      releaseAll(owner('c'), noRest)
      expect(give(cool, 'f')).toEqual(['10.0.0.2/29'])
    })

    it('never makes a range full: the address that rests longest is given', () => {
      releaseAll(owner('d'), rest())
      uptime += 5
      releaseAll(owner('b'), rest())
      expect(give(cool, 'f')).toEqual(['10.0.0.5/29'])
      expect(give(cool, 'g')).toEqual(['10.0.0.3/29'])
      expect(() => give(cool, 'h')).toThrow('no IP addresses available')
    })

    it('is over after a reboot, whatever is written', () => {
      releaseAll(owner('a'), rest())
      uptime = 3
      releaseAll(owner('c'), noRest)
      expect(give(cool, 'f')).toEqual(['10.0.0.2/29'])
    })

    it('is forgotten when its time is over, and by a disk that is full', () => {
      releaseAll(owner('a'), rest())
      expect(files.contents.get(`${folder}/podway.released`)).toBe('10.0.0.2 100\n')
      uptime += 60
      releaseAll(owner('b'), rest())
      expect(files.contents.get(`${folder}/podway.released`)).toBe('10.0.0.3 160\n')
      files.full.add(`${folder}/podway.released`)
      releaseAll(owner('c'), rest())
      expect(Object.values(reserved())).toEqual(['d\r\neth0', 'e\r\neth0'])
    })

    it('takes a record that is torn for none', () => {
      files.contents.set(`${folder}/podway.released`, '10.0.0.2 9x\n\0\0\n10.0.0')
      releaseAll(owner('a'), noRest)
      expect(give(cool, 'f')).toEqual(['10.0.0.2/29'])
    })
  })

  /**
   * https://github.com/containernetworking/plugins/issues/252, https://github.com/containernetworking/plugins/issues/697,
   * https://github.com/kubernetes/kubernetes/issues/108121, https://github.com/podman-container-tools/podman/issues/3759
   */
  describe('after a reboot', () => {
    const bootId = '/proc/sys/kernel/random/boot_id'
    const routed = new Set<string>()
    const giveOn = (containerId: string): string[] =>
      allocate(files, small, {
        owner: { containerId, ifName: 'eth0' },
        uptime,
        inUse: (address) => routed.has(formatAddress(address)),
      }).map(({ address }) => formatInterfaceAddress(address))
    beforeEach(() => {
      routed.clear()
      files.contents.set(bootId, 'one\n')
    })

    it('takes back what nobody has any more, and then nothing until the next', () => {
      giveOn('a')
      giveOn('b')
      files.contents.set(bootId, 'two\n')
      expect(giveOn('c')).toEqual(['10.0.0.4/29'])
      expect(reserved()).toEqual({ '10.0.0.4': 'c\r\neth0' })
      giveOn('d')
      expect(Object.keys(reserved())).toHaveLength(2)
    })

    it('leaves those that the host routes to: host-local may have reserved them since', () => {
      giveOn('a')
      files.contents.set(bootId, 'two\n')
      files.contents.set(`${folder}/10.0.0.6`, 'other\r\neth0')
      routed.add('10.0.0.6')
      giveOn('c')
      expect(Object.keys(reserved()).sort()).toEqual(['10.0.0.3', '10.0.0.6'])
    })

    it('takes nothing of a node that it takes over', () => {
      give(small, 'a')
      giveOn('b')
      expect(Object.keys(reserved())).toHaveLength(2)
    })

    it('takes nothing where nobody can tell which addresses are in use, or which boot this is', () => {
      giveOn('a')
      files.contents.set(bootId, 'two\n')
      give(small, 'b')
      files.contents.delete(bootId)
      giveOn('c')
      expect(Object.keys(reserved())).toHaveLength(3)
    })
  })

  /** https://github.com/containernetworking/plugins/issues/1047, https://github.com/containernetworking/plugins/pull/1289 */
  describe('GC', () => {
    const collect = (...valid: readonly Owner[]): void => releaseOthers(files, folder, valid, noRest)
    beforeEach(() => {
      give(small, 'a')
      give(small, 'a', 'eth1')
      give(small, 'b')
      files.contents.set(`${folder}/10.0.0.6`, 'old')
    })

    it('gives back what no valid attachment has', () => {
      collect({ containerId: 'a', ifName: 'eth1' })
      expect(reserved()).toEqual({ '10.0.0.3': 'a\r\neth1' })
    })

    it('keeps files of old versions for any interface of the container', () => {
      collect({ containerId: 'old', ifName: 'eth7' })
      expect(reserved()).toEqual({ '10.0.0.6': 'old' })
    })

    it('takes an empty list by its word', () => {
      collect()
      expect(reserved()).toEqual({})
    })
  })
})
