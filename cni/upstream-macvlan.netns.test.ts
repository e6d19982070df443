import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { said, specVersions } from './testing/any-version.ts'
import { type Ending, invoke, run } from './testing/binary.ts'
import { linkState } from './testing/bridges.ts'
import { message } from './testing/calls.ts'
import { TestNode, ip, link, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
  // Upstream's master is a dummy, which not every kernel has.
  const wire = testNode.pod('wire')
  run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'other0', 'netns', wire.name)
  ip(undefined, 'link', 'set', 'eth0', 'up')
  ip(wire.name, 'link', 'set', 'other0', 'up')
})
afterEach(() => testNode.remove())

/** The scenarios of upstream's macvlan_test.go, by their names there; each with the master on the host and in the pod. */
describe.each(
  specVersions.flatMap((version) =>
    [false, true].map((linkInContainer) => ({ ...version, linkInContainer })),
  ),
)('macvlan of $version, linkInContainer: $linkInContainer', (row) => {
  const { version, lists, check, status, linkInContainer } = row
  const call = (command: string, netns: string, conf: object, environment = {}): Ending =>
    invoke({
      command,
      netns,
      config: conf,
      file: testNode.plugin('macvlan'),
      ifName: 'macvl0',
      containerId: 'dummy',
      environment,
    })

  const ipam = (): object => ({ type: 'host-local', subnet: '10.1.2.0/24', dataDir: testNode.dataDir })

  const config = (fields: object): Record<string, unknown> => ({
    cniVersion: version,
    name: 'mynet',
    type: 'macvlan',
    master: 'eth0',
    linkInContainer,
    ...fields,
  })

  function pod(): { readonly name: string; readonly path: string } {
    const made = testNode.pod('target')
    if (linkInContainer) {
      run('ip', '-n', 'target', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'other0')
      for (const name of ['eth0', 'other0']) ip('target', 'link', 'set', name, 'up')
    }
    return made
  }

  function attach(conf: Record<string, unknown>, environment = {}): string {
    const { name, path } = pod()
    if (conf.master === undefined) {
      const netns = linkInContainer ? name : undefined
      ip(netns, 'addr', 'add', '192.0.2.10/24', 'dev', 'eth0')
      ip(netns, 'route', 'add', 'default', 'via', '192.0.2.1')
    }
    if (status) expect(call('STATUS', path, conf)).toMatchObject({ code: 0, stdout: '' })
    const added = call('ADD', path, conf, environment)
    if (!lists && conf.ipam === undefined) {
      expect(message(added)).toBe('cannot convert: no valid IP addresses')
      expect(links(name).map(({ ifname }) => ifname)).not.toContain('macvl0')
      return ''
    }
    expect(added).toMatchObject({ code: 0, stderr: '', json: { cniVersion: version } })
    const own = link('macvl0', name)
    if (lists)
      expect((added.json as { interfaces: unknown }).interfaces).toEqual([
        { name: 'macvl0', mac: own.address, sandbox: path },
      ])
    expect(said(added.json).ips).toEqual(conf.ipam === undefined ? [] : ['10.1.2.2/24 10.1.2.1'])
    expect(linkState('macvl0', name)).toMatchObject({
      operstate: 'UP',
      linkinfo: { info_kind: 'macvlan', info_data: { mode: 'bridge' } },
    })
    const checked = call('CHECK', path, { ...conf, prevResult: added.json })
    if (check) expect(checked).toMatchObject({ code: 0, stdout: '' })
    else expect(message(checked)).toBe('config version does not allow CHECK')
    expect(call('DEL', path, conf)).toMatchObject({ code: 0, stdout: '' })
    expect(links(name).map(({ ifname }) => ifname)).not.toContain('macvl0')
    expect(testNode.reservations('mynet')).toEqual([])
    return own.address
  }

  it('configures and deconfigures a macvlan link with ADD/CHECK/DEL', () => {
    attach(config({ ipam: ipam() }))
  })

  it('configures and deconfigures a l2 macvlan link with ADD/DEL', () => {
    attach(config({}))
  })

  it('configures and deconfigures a macvlan link with ADD/DEL, without master config', () => {
    attach(config({ master: undefined, ipam: ipam() }))
  })

  const mac = 'c2:11:22:33:44:55'
  it.each([
    { from: 'CNI_ARGS', fields: {}, environment: { CNI_ARGS: `IgnoreUnknown=true;MAC=${mac}` } },
    { from: 'RuntimeConfig', fields: { runtimeConfig: { mac } }, environment: {} },
  ])(
    'configures and deconfigures l2 macvlan link with mac address (from $from) with ADD/DEL',
    ({ fields, environment }) => {
      expect(attach(config(fields), environment)).toBe(lists ? mac : '')
    },
  )

  it('deconfigures an unconfigured macvlan link with DEL', () => {
    const { path } = pod()
    expect(call('DEL', path, config({ ipam: ipam() }))).toMatchObject({ code: 0, stdout: '' })
  })
})
