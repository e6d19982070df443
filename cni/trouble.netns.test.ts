import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Invocation, invoke, invokeAsync, run } from './testing/binary.ts'
import { type Printed, add, succeed } from './testing/calls.ts'
import { trace, whyNoTrace } from './testing/trace.ts'
import { TestNode, ip, links } from './testing/world.ts'
import { hostVethName } from './plugins/veth-name.ts'

const reason = whyNoTrace()

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }

/** An ADD that must fail, and leave nothing behind: what it printed. */
function failing(invocation: Omit<Invocation, 'command' | 'netns'>): unknown {
  const pod = testNode.pod('failing')
  const before = testNode.traces()
  const ended = invoke({ command: 'ADD', netns: pod.path, ...invocation })
  expect(ended.code).toBe(1)
  expect(testNode.traces()).toEqual(before)
  expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
  return ended.json
}

describe('a disk', () => {
  let disk = ''
  beforeEach(() => {
    disk = `${testNode.dataDir}/disk`
    mkdirSync(disk)
    run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk)
  })
  afterEach(() => run('umount', disk))
  const config = (): object => testNode.config({}, { ...v4, dataDir: disk })

  it('that is full is an I/O error; DEL frees what is there', () => {
    const netns = testNode.pod('before').path
    add({ containerId: 'before', netns, config: config() })
    expect(() => writeFileSync(`${disk}/ballast`, 'x'.repeat(100_000))).toThrow('ENOSPC')
    expect(failing({ config: config() })).toMatchObject({
      code: 5,
      msg: expect.stringMatching(/no space left on device$/) as string,
    })
    expect(run('ls', `${disk}/net`)).not.toContain('10.1.2.3')
    succeed('DEL', { containerId: 'before', netns, config: config() })
    expect(run('ls', `${disk}/net`)).not.toContain('10.1.2.2')
    succeed('STATUS', { config: config() })
  })

  it('that is read-only is an I/O error, and STATUS knows', () => {
    run('mount', '-o', 'remount,ro', disk)
    expect(failing({ config: config() })).toMatchObject({
      code: 5,
      msg: expect.stringMatching(/read-only file system$/) as string,
    })
    expect(invoke({ command: 'STATUS', config: config() }).json).toMatchObject({ code: 50 })
  })
})

describe('a process', () => {
  it('that may open no more files says to try again', () => {
    const by = ['prlimit', '--nofile=5']
    expect(failing({ config: testNode.config(), by })).toMatchObject({
      code: 11,
      msg: expect.stringMatching(/too many open files$/) as string,
    })
  })

  it('without rights says so', () => {
    const by = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin']
    expect(failing({ config: testNode.config(), by })).toMatchObject({
      code: 100,
      msg: expect.stringMatching(/operation not permitted/) as string,
    })
  })

  it('that finds all its names taken says to try again', () => {
    const owner = { containerId: 'pod', ifName: 'eth0' }
    for (let attempt = 0; attempt < 10; attempt++)
      ip(undefined, 'link', 'add', hostVethName(owner, attempt), 'type', 'bridge')
    expect(failing({ config: testNode.config() })).toMatchObject({
      code: 11,
      msg: 'failed to find a unique veth name',
    })
  })

  it('finds its interface by whatever name it has, though the namespace and the other name’s owner are gone', () => {
    const invocation = { netns: testNode.pod('renamed').path, config: testNode.config() }
    const first = hostVethName({ containerId: 'pod', ifName: 'eth0' }, 0)
    ip(undefined, 'link', 'add', first, 'type', 'bridge')
    const before = testNode.traces()
    add(invocation)
    succeed('DEL', { ...invocation, netns: '' })
    expect(testNode.traces()).toEqual(before)
    add(invocation)
    ip(undefined, 'link', 'del', first)
    succeed('DEL', { ...invocation, netns: '' })
    expect(links().filter(({ ifname }) => ifname.startsWith('veth'))).toEqual([])
  })

  it('of two for the same attachment at once wins, the other one changes nothing', async () => {
    const pod = testNode.pod('race')
    const invocation = { netns: pod.path, config: testNode.config({}, v4) }
    const calling = { command: 'ADD', ...invocation }
    for (let round = 0; round < 5; round++) {
      const endings = await Promise.all([invokeAsync(calling), invokeAsync(calling)])
      const [won] = endings.filter(({ code }) => code === 0)
      expect(endings.map(({ code }) => code).sort()).toEqual([0, 1])
      const [address = ''] = (won?.json as Printed).ips.map(({ address }) => address.split('/')[0] ?? '')
      expect(testNode.reservations()).toEqual([address])
      succeed('DEL', invocation)
    }
  })
})

describe.skipIf(reason !== undefined)(`netlink${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it.each([
    { error: 'ENOBUFS', code: 11 },
    { error: 'ENOMEM', code: 11 },
    { error: 'EPERM', code: 100 },
  ])('that answers $error in an ADD is code $code, and nothing is left', ({ error, code }) => {
    const pod = testNode.pod('injected')
    const invocation = { command: 'ADD', netns: pod.path, config: testNode.config() }
    const before = testNode.traces()
    for (const call of ['sendto', 'recvfrom']) {
      for (const nth of [1, 2, 3]) {
        const { ending } = trace(invocation, `${call}:error=${error}:when=${nth}`)
        expect(ending, `${call} ${nth}`).toMatchObject({ code: 1, json: { code } })
        expect(testNode.traces(), `${call} ${nth}`).toEqual(before)
      }
    }
  })

  it('that is interrupted is asked again', () => {
    const pod = testNode.pod('interrupted')
    const invocation = { netns: pod.path, config: testNode.config() }
    for (const call of ['sendto', 'recvfrom', 'openat', 'read', 'write', 'flock']) {
      const { ending } = trace({ command: 'ADD', ...invocation }, `${call}:error=EINTR:when=1+2`)
      expect(ending.code, call).toBe(0)
      succeed('DEL', invocation)
    }
  })

  it.each([
    { call: 'socket', error: 'EAFNOSUPPORT' },
    { call: 'socket', error: 'EPROTONOSUPPORT' },
    { call: 'setns', error: 'ENOSYS' },
  ])('that the kernel doesn’t have ($call: $error) is code 101', ({ call, error }) => {
    const pod = testNode.pod('missing')
    const invocation = { command: 'ADD', netns: pod.path, config: testNode.config() }
    const before = testNode.traces()
    expect(trace(invocation, `${call}:error=${error}:when=1`).ending.json).toMatchObject({ code: 101 })
    expect(testNode.traces()).toEqual(before)
  })
})

/**
 * https://github.com/containernetworking/plugins/issues/252, https://github.com/kubernetes/kubernetes/issues/108121: a
 * node that runs out of addresses by starting again and again.
 */
describe('after a reboot', () => {
  const boot = (): string => `${testNode.dataDir}/net/podway.boot`
  const reboot = (): void => writeFileSync(boot(), '00000000-0000-0000-0000-000000000000')

  it('the dead give their addresses back, and the living keep theirs', () => {
    const living = testNode.pod('living')
    add({ containerId: 'living', netns: living.path, config: testNode.config() })
    for (const address of ['10.1.2.77', 'fd00:1::77'])
      writeFileSync(`${testNode.dataDir}/net/${address}`, 'dead\r\neth0')
    reboot()
    add({ containerId: 'new', netns: testNode.pod('new').path, config: testNode.config() })
    expect(testNode.reservations()).toEqual(['10.1.2.2', '10.1.2.3', 'fd00:1::2', 'fd00:1::3'])
    expect(readFileSync(boot(), 'utf8')).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  })

  it('that is none, those of this boot stay, whoever looks dead', () => {
    add({ containerId: 'one', netns: testNode.pod('one').path, config: testNode.config({}, v4) })
    writeFileSync(`${testNode.dataDir}/net/10.1.2.77`, 'starting\r\neth0')
    add({ containerId: 'two', netns: testNode.pod('two').path, config: testNode.config({}, v4) })
    expect(testNode.reservations()).toEqual(['10.1.2.2', '10.1.2.3', '10.1.2.77'])
  })

  it.each([
    { name: 'is empty', torn: '' },
    { name: 'has zeros', torn: '\0\0\0' },
    { name: 'is no text', torn: Buffer.from([0xff, 0xfe]) },
  ])('a file that $name is nobody’s: its writer died', ({ torn }) => {
    const small = { ranges: [[{ subnet: '10.1.2.0/30' }]] }
    mkdirSync(`${testNode.dataDir}/net`)
    writeFileSync(`${testNode.dataDir}/net/10.1.2.2`, torn)
    const invocation = { netns: testNode.pod('torn').path, config: testNode.config({}, small) }
    expect(add(invocation).ips[0]?.address).toBe('10.1.2.2/30')
    expect(readFileSync(`${testNode.dataDir}/net/10.1.2.2`, 'utf8')).toBe('pod\r\neth0')
  })
})
