import { describe, expect, it } from 'vitest'
import { run } from './main.ts'
import { MemoryFiles, MemoryProcess, memorySystem } from './testing/memory-system.ts'

const environment = {
  CNI_CONTAINERID: 'pod',
  CNI_NETNS: '/run/netns/x',
  CNI_IFNAME: 'eth0',
  CNI_PATH: '/opt/cni/bin',
}

/** Runs the program on a system in memory: exit code and output. */
async function call(
  command: string,
  config?: object,
  argv0?: string,
): Promise<{ code: number; out: string; err: string }> {
  const process = new MemoryProcess(
    { ...environment, CNI_COMMAND: command },
    {
      ...(config ? { stdin: JSON.stringify({ name: 'net', type: 'podway-cni', ...config }) } : {}),
      ...(argv0 ? { argv0 } : {}),
    },
  )
  const code = await run(memorySystem({ process, files: new MemoryFiles() }))
  return { code, out: process.out, err: process.err }
}

describe('the program', () => {
  it('answers VERSION without reading standard input', async () => {
    const { code, out, err } = await call('VERSION')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ cniVersion: '1.1.0' })
    expect(out.endsWith('\n')).toBe(true)
  })

  it('says what it is when no verb is given', async () => {
    expect(await call('', undefined, '/opt/cni/bin/ptp')).toEqual({
      code: 0,
      out: '',
      err: 'CNI ptp plugin v1.2.3\nCNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0\n',
    })
  })

  it.each([
    {
      name: 'a verb that does not exist',
      command: 'PING',
      config: {},
      code: 4,
      msg: 'unknown CNI_COMMAND: PING',
    },
    {
      name: 'CHECK of an old configuration',
      command: 'CHECK',
      config: { cniVersion: '0.3.1' },
      code: 1,
      msg: 'config version does not allow CHECK',
    },
    {
      name: 'GC of an old configuration',
      command: 'GC',
      config: { cniVersion: '1.0.0' },
      code: 1,
      msg: 'config version does not allow GC',
    },
    {
      name: 'STATUS of an old configuration',
      command: 'STATUS',
      config: { cniVersion: '1.0.0' },
      code: 1,
      msg: 'config version does not allow STATUS',
    },
    {
      name: 'CHECK of a version that is none',
      command: 'CHECK',
      config: { cniVersion: 'abc' },
      code: 6,
      msg: 'failed to convert major version part "abc": strconv.Atoi: parsing "abc": invalid syntax',
    },
    {
      name: 'a version of the future',
      command: 'ADD',
      config: { cniVersion: '2.0.0' },
      code: 1,
      msg: 'incompatible CNI versions',
    },
    {
      name: 'CHECK of a version of the future',
      command: 'CHECK',
      config: { cniVersion: '2.0.0' },
      code: 1,
      msg: 'plugin version does not allow CHECK',
    },
    {
      name: 'ADD without IPAM',
      command: 'ADD',
      config: { cniVersion: '1.0.0' },
      code: 7,
      msg: "IPAM config missing 'ipam' key",
    },
    {
      name: 'ADD into a namespace that is not there',
      command: 'ADD',
      config: { cniVersion: '1.0.0', ipam: { type: 'host-local', subnet: '10.0.0.0/24' } },
      code: 999,
      msg: expect.stringMatching(/^failed to open netns "\/run\/netns\/x": open/) as string,
    },
  ])('answers $name as the specification says', async ({ command, config, code, msg }) => {
    const ended = await call(command, config)
    expect(ended.code).toBe(1)
    expect(JSON.parse(ended.out)).toMatchObject({ code, msg })
  })

  it('reports errors in the configuration’s version', async () => {
    const { out } = await call('ADD', { cniVersion: '0.4.0' })
    expect(JSON.parse(out)).toMatchObject({ cniVersion: '0.4.0', code: 7 })
  })

  it('refuses to stand in for a plugin that it is not', async () => {
    const { out } = await call('ADD', { cniVersion: '1.0.0', type: 'ptp' }, '/opt/cni/bin/flannel')
    expect(JSON.parse(out)).toMatchObject({
      code: 7,
      msg: 'called as "flannel": this program is "podway-cni" and stands in for "ptp", "bridge", "macvlan", "ipvlan", "host-local", "static", "loopback", "portmap", "bandwidth"',
    })
  })

  it('looks at the configuration before it looks at the verb, as skel does', async () => {
    const process = new MemoryProcess({ ...environment, CNI_COMMAND: 'PING' }, { stdin: '{' })
    expect(await run(memorySystem({ process }))).toBe(1)
    expect(JSON.parse(process.out)).toMatchObject({ code: 6 })
  })

  /**
   * CVE-2021-20206: a plugin's name was a part of a path, so that one with `../` ran any program of the node. No name of a
   * configuration is that here: what there is of plugins is in this program.
   */
  it.each([
    { name: 'ipam.type', config: { ipam: { type: '../../usr/bin/env' } }, code: 2 },
    { name: 'ipam.type of one that is there', config: { ipam: { type: './host-local' } }, code: 2 },
    { name: 'the name of the network', config: { name: '../../etc' }, code: 7 },
    { name: 'the name of the network, in the middle', config: { name: 'a/../../etc' }, code: 7 },
    { name: 'the container', config: {}, environment: { CNI_CONTAINERID: '../x' }, code: 4 },
    { name: 'the interface', config: {}, environment: { CNI_IFNAME: '../x' }, code: 4 },
    { name: 'the file that it is called by', config: {}, argv0: '/opt/cni/bin/../../usr/bin/env', code: 7 },
  ])('climbs out of no folder by $name', async ({ config, code, ...parts }) => {
    for (const command of ['ADD', 'DEL', 'GC']) {
      const files = new MemoryFiles()
      const there = (): object => ({ contents: [...files.contents], folders: [...files.folders] })
      const before = there()
      const process = new MemoryProcess(
        { ...environment, ...parts.environment, CNI_COMMAND: command },
        {
          stdin: JSON.stringify({ cniVersion: '1.1.0', name: 'net', type: 'podway-cni', ...config }),
          ...(parts.argv0 === undefined ? {} : { argv0: parts.argv0 }),
        },
      )
      await run(memorySystem({ process, files }))
      if (command === 'ADD') expect(JSON.parse(process.out)).toMatchObject({ code })
      expect(there()).toEqual(before)
    }
  })
})
