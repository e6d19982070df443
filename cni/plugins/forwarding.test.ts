import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../testing/memory-system.ts'
import { enableForwarding } from './forwarding.ts'
import { setSysctl, trySysctl } from './sysctl.ts'

const v4 = '/proc/sys/net/ipv4/ip_forward'
const conf = '/proc/sys/net/ipv6/conf'
const v6 = `${conf}/all/forwarding`

describe('sysctls', () => {
  it('turn forwarding on for the families that a pod has', () => {
    const files = new MemoryFiles()
    files.folders.add(conf)
    files.contents.set(v4, '0\n').set(v6, '0\n')
    enableForwarding(files, [4])
    expect(Object.fromEntries(files.contents)).toEqual({ [v4]: '1', [v6]: '0\n' })
    enableForwarding(files, [6, 6])
    expect(files.contents.get(v6)).toBe('1')
  })

  it('are not written where forwarding is on', () => {
    const files = new MemoryFiles()
    files.contents.set(v4, '1\n')
    files.full.add(v4)
    expect(() => enableForwarding(files, [4])).not.toThrow()
  })

  it('let interfaces that listen for routers go on, before the kernel forgets what it learnt', () => {
    const files = new MemoryFiles()
    const writes: string[] = []
    const written = files.write.bind(files)
    files.write = (path, text, disposition) => {
      writes.push(`${path.slice(conf.length + 1)}=${text}`)
      written(path, text, disposition)
    }
    files.list = (path) => (path === conf ? ['all', 'default', 'eth0', 'eth1', 'eth2', 'gone', 'lo'] : [])
    files.contents.set(v6, '0\n')
    for (const [name, value] of Object.entries({ all: 1, default: 1, eth0: 1, eth1: 0, eth2: 2, lo: 1 }))
      files.contents.set(`${conf}/${name}/accept_ra`, `${value}\n`)
    enableForwarding(files, [6])
    expect(writes).toEqual(['eth0/accept_ra=2', 'lo/accept_ra=2', 'all/forwarding=1'])
  })

  it('that are missing are an error, or not, as asked', () => {
    const files = new MemoryFiles()
    expect(() => setSysctl(files, 'ipv6/conf/eth0/disable_ipv6', '0')).toThrow('disable_ipv6')
    expect(() => trySysctl(files, 'ipv6/conf/eth0/accept_ra', '0')).not.toThrow()
    expect(() => enableForwarding(files, [6])).toThrow('forwarding')
  })

  it('tolerate failed calls only', () => {
    const files = new MemoryFiles()
    files.write = () => {
      throw new TypeError('a defect')
    }
    expect(() => trySysctl(files, 'x', '0')).toThrow(TypeError)
  })
})
