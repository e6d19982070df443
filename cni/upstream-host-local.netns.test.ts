import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { specVersions, said } from './testing/any-version.ts'
import { type Ending, type Invocation, invoke, invokeAsync } from './testing/binary.ts'
import { message } from './testing/calls.ts'
import { TestNode } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** The scenarios of upstream's host_local_test.go, by their names there. */
describe.each(specVersions)('host-local of $version', ({ version, lists, check, status }) => {
  const config = (ipam: object, fields: object = {}): Record<string, unknown> => ({
    cniVersion: version,
    name: 'mynet',
    type: 'ipvlan',
    ...fields,
    ipam: { type: 'host-local', dataDir: testNode.dataDir, ...ipam },
  })
  const call = (command: string, conf: object, more: Partial<Invocation> = {}): Ending =>
    invoke({
      command,
      netns: '/run/netns/nowhere',
      containerId: 'dummy',
      file: testNode.plugin('host-local'),
      config: conf,
      ...more,
    })
  const file = (name: string, network = 'mynet'): string =>
    readFileSync(`${testNode.dataDir}/${network}/${name}`, 'utf8')
  const exists = (name: string, network = 'mynet'): boolean =>
    existsSync(`${testNode.dataDir}/${network}/${name}`)

  const both = {
    ranges: [[{ subnet: '10.1.2.0/24' }, { subnet: '10.2.2.0/24' }], [{ subnet: '2001:db8:1::0/64' }]],
    routes: [
      { dst: '0.0.0.0/0' },
      { dst: '::/0' },
      { dst: '192.168.0.0/16', gw: '1.1.1.1' },
      { dst: '2001:db8:2::0/64', gw: '2001:db8:3::1' },
    ],
  }

  it('allocates and releases addresses with ADD/DEL', () => {
    const resolvConf = `${testNode.dataDir}/resolv.conf`
    writeFileSync(resolvConf, 'nameserver 192.0.2.3')
    const conf = config({ ...both, resolvConf })
    const added = call('ADD', conf)
    expect(added).toMatchObject({
      code: 0,
      json: { cniVersion: version, dns: { nameservers: ['192.0.2.3'] } },
    })
    expect(said(added.json)).toEqual({
      ips: ['10.1.2.2/24 10.1.2.1', '2001:db8:1::2/64 2001:db8:1::1'],
      routes: lists
        ? ['0.0.0.0/0', '::/0', '192.168.0.0/16 1.1.1.1', '2001:db8:2::/64 2001:db8:3::1']
        : ['0.0.0.0/0', '192.168.0.0/16 1.1.1.1', '::/0', '2001:db8:2::/64 2001:db8:3::1'],
    })
    expect(added.json).not.toHaveProperty('interfaces')
    if (lists) expect((added.json as { ips: object[] }).ips[0]).not.toHaveProperty('interface')
    expect(file('10.1.2.2')).toBe('dummy\r\neth0')
    expect(file('2001:db8:1::2')).toBe('dummy\r\neth0')
    expect(file('last_reserved_ip.0')).toBe('10.1.2.2')
    expect(file('last_reserved_ip.1')).toBe('2001:db8:1::2')
    if (check) {
      expect(call('CHECK', conf)).toMatchObject({ code: 0, stdout: '' })
      expect(message(call('CHECK', conf, { containerId: 'other' }))).toBe(
        'host-local: Failed to find address added by container other',
      )
    }
    expect(call('DEL', conf)).toMatchObject({ code: 0, stdout: '' })
    expect(exists('10.1.2.2')).toBe(false)
    expect(exists('2001:db8:1::2')).toBe(false)
  })

  it('allocates and releases addresses on specific interface with ADD/DEL', () => {
    const [one, two] = [
      config({ subnet: '10.1.2.0/24' }, { name: 'mynet0' }),
      config({ subnet: '10.2.2.0/24' }, { name: 'mynet1' }),
    ]
    expect(said(call('ADD', one).json).ips).toEqual(['10.1.2.2/24 10.1.2.1'])
    expect(said(call('ADD', two, { ifName: 'eth1' }).json).ips).toEqual(['10.2.2.2/24 10.2.2.1'])
    expect(file('10.1.2.2', 'mynet0')).toBe('dummy\r\neth0')
    expect(file('10.2.2.2', 'mynet1')).toBe('dummy\r\neth1')
    call('DEL', one)
    expect([exists('10.1.2.2', 'mynet0'), exists('10.2.2.2', 'mynet1')]).toEqual([false, true])
    call('DEL', two, { ifName: 'eth1' })
    expect(exists('10.2.2.2', 'mynet1')).toBe(false)
  })

  it('repeat allocating addresses on specific interface for same container ID with ADD', () => {
    const conf = config({ subnet: '10.1.2.0/24' })
    call('ADD', conf)
    expect(message(call('ADD', conf))).toBe(
      'failed to allocate for range 0: 10.1.2.2 has been allocated to dummy, duplicate allocation is not allowed',
    )
    expect(said(call('ADD', conf, { containerId: 'dummy1' }).json).ips).toEqual(['10.1.2.3/24 10.1.2.1'])
    call('DEL', conf)
    expect([exists('10.1.2.2'), exists('10.1.2.3')]).toEqual([false, true])
  })

  it('verify DEL works on backwards compatible allocate', () => {
    const conf = config({ subnet: '10.1.2.0/24' })
    call('ADD', conf)
    writeFileSync(`${testNode.dataDir}/mynet/10.1.2.2`, 'dummy')
    if (check) expect(call('CHECK', conf)).toMatchObject({ code: 0 })
    expect(call('DEL', conf)).toMatchObject({ code: 0 })
    expect(exists('10.1.2.2')).toBe(false)
  })

  it("doesn't error when passed an unknown ID on DEL", () => {
    expect(call('DEL', config({ subnet: '10.1.2.0/24' }))).toMatchObject({ code: 0, stdout: '' })
  })

  it('ignores whitespace in disk files', () => {
    const conf = config({ subnet: '10.1.2.0/24' })
    call('ADD', conf)
    writeFileSync(`${testNode.dataDir}/mynet/10.1.2.2`, ' dummy\r\neth0 \n')
    expect(message(call('ADD', conf))).toMatch(
      /^failed to allocate for range 0: 10\.1\.2\.2 has been allocated/,
    )
    call('DEL', conf)
    expect(exists('10.1.2.2')).toBe(false)
  })

  it('does not output an error message upon initial subnet creation', () => {
    expect(call('ADD', config({ subnet: '10.1.2.0/24' }))).toMatchObject({ code: 0, stderr: '' })
  })

  it('allocates a custom IP when requested by config args', () => {
    const args = { cni: { ips: ['10.1.2.88'] } }
    const added = call('ADD', config({ ranges: [[{ subnet: '10.1.2.0/24' }]] }, { args }))
    expect(said(added.json).ips).toEqual(['10.1.2.88/24 10.1.2.1'])
  })

  it('allocates a custom IP when requested by CNI_ARGS', () => {
    const environment = { CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAME=x;IP=10.1.2.88' }
    const added = call('ADD', config({ subnet: '10.1.2.0/24' }), { environment })
    expect(said(added.json).ips).toEqual(['10.1.2.88/24 10.1.2.1'])
    const mac = call('ADD', config({ subnet: '10.1.2.0/24' }), { environment: { CNI_ARGS: 'MAC=x' } })
    expect(message(mac)).toBe('ARGS: unknown args ["MAC=x"]')
  })

  if (lists)
    it('allocates custom IPs from multiple ranges', () => {
      const ranges = [[{ subnet: '10.1.2.0/24' }], [{ subnet: '10.1.3.0/24' }]]
      const args = { cni: { ips: ['10.1.2.88', '10.1.3.77'] } }
      expect(said(call('ADD', config({ ranges }, { args })).json).ips).toEqual([
        '10.1.2.88/24 10.1.2.1',
        '10.1.3.77/24 10.1.3.1',
      ])
    })

  it('allocates custom IPs from multiple protocols', () => {
    const ranges = [[{ subnet: '172.16.1.0/24' }], [{ subnet: '2001:db8:1::0/64' }]]
    const args = { cni: { ips: ['172.16.1.88', '2001:db8:1::999'] } }
    expect(said(call('ADD', config({ ranges }, { args })).json).ips).toEqual([
      '172.16.1.88/24 172.16.1.1',
      '2001:db8:1::999/64 2001:db8:1::1',
    ])
  })

  it('fails if a requested custom IP is not used', () => {
    const ranges = [[{ subnet: '10.1.2.0/24' }], [{ subnet: '2001:db8:1::0/64' }]]
    const args = { cni: { ips: ['10.1.2.88', '10.1.3.77'] } }
    expect(message(call('ADD', config({ ranges }, { args })))).toBe(
      'failed to allocate all requested IPs: 10.1.3.77',
    )
    expect(exists('10.1.2.88')).toBe(false)
  })

  if (status)
    it('answers STATUS and GC', () => {
      const conf = config({ subnet: '10.1.2.0/24' })
      expect(call('STATUS', conf)).toMatchObject({ code: 0, stdout: '' })
      call('ADD', conf)
      call('ADD', conf, { containerId: 'stays' })
      const valid = { 'cni.dev/valid-attachments': [{ containerID: 'stays', ifname: 'eth0' }] }
      expect(call('GC', { ...conf, ...valid })).toMatchObject({ code: 0, stdout: '' })
      expect([exists('10.1.2.2'), exists('10.1.2.3')]).toEqual([false, true])
    })
})

/** lock_test.go, of two processes instead of two calls. */
describe('the lock', () => {
  it.each(['a file', 'an empty folder'])('of %s is waited for', async (what) => {
    const folder = `${testNode.dataDir}/net`
    mkdirSync(folder)
    if (what === 'a file') writeFileSync(`${folder}/lock`, '')
    const holder = spawn('flock', [`${folder}/lock`, 'sh', '-c', 'echo held; read line'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    const config = testNode.config({}, { ranges: [[{ subnet: '10.1.2.0/24' }]] })
    let ended = false
    const waiting = invokeAsync({ command: 'ADD', netns: '/n', config, file: testNode.plugin('host-local') })
    void waiting.then(() => (ended = true))
    // As long as a call takes that needs no lock.
    await invokeAsync({ command: 'STATUS', config })
    expect(ended).toBe(false)
    holder.stdin.end('\n')
    expect(await waiting).toMatchObject({ code: 0 })
  })
})
