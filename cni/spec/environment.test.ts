import { describe, expect, it } from 'vitest'
import { MemoryProcess, sysError } from '../testing/memory-system.ts'
import { readEnvironment } from './environment.ts'

const complete = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'some-container.id_1',
  CNI_NETNS: '/run/netns/x',
  CNI_IFNAME: 'eth0',
  CNI_ARGS: 'some;extra;args',
  CNI_PATH: '/opt/cni/bin',
}

const read = (variables: Readonly<Record<string, string>>): ReturnType<typeof readEnvironment> =>
  readEnvironment(new MemoryProcess(variables))

describe('the environment', () => {
  it('is read', () => {
    expect(read(complete)).toEqual({
      command: 'ADD',
      containerId: 'some-container.id_1',
      netns: '/run/netns/x',
      ifName: 'eth0',
      args: 'some;extra;args',
      netnsOverride: false,
    })
  })

  it.each(['1', 'true', 'TRUE', 'True'])('CNI_NETNS_OVERRIDE=%s counts', (value) => {
    expect(read({ ...complete, CNI_NETNS_OVERRIDE: value }).netnsOverride).toBe(true)
  })

  it.each(['0', 'yes', ''])('CNI_NETNS_OVERRIDE=%s does not', (value) => {
    expect(read({ ...complete, CNI_NETNS_OVERRIDE: value }).netnsOverride).toBe(false)
  })

  /** The table of pkg/skel, getCmdArgsFromEnv. */
  it.each([
    { command: 'ADD', missing: 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH' },
    { command: 'CHECK', missing: 'CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH' },
    { command: 'DEL', missing: 'CNI_CONTAINERID,CNI_IFNAME,CNI_PATH' },
    { command: 'GC', missing: 'CNI_PATH' },
    { command: 'STATUS', missing: 'CNI_PATH' },
    { command: '', missing: 'CNI_COMMAND' },
  ])('of $command alone lacks $missing', ({ command, missing }) => {
    expect(() => read({ CNI_COMMAND: command })).toThrow(
      expect.objectContaining({
        code: 4,
        message: `required env variables [${missing}] missing`,
      }) as Error,
    )
  })

  it('of VERSION needs nothing else', () => {
    expect(read({ CNI_COMMAND: 'VERSION' }).command).toBe('VERSION')
  })

  it.each([
    {
      variable: 'CNI_CONTAINERID',
      value: '../x',
      message: 'invalid characters in containerID',
      details: '../x',
    },
    { variable: 'CNI_CONTAINERID', value: '.x', message: 'invalid characters in containerID', details: '.x' },
    {
      variable: 'CNI_CONTAINERID',
      value: 'a b',
      message: 'invalid characters in containerID',
      details: 'a b',
    },
    {
      variable: 'CNI_IFNAME',
      value: 'x'.repeat(16),
      message: 'interface name is too long',
      details: 'interface name should be less than 16 characters',
    },
    { variable: 'CNI_IFNAME', value: '.', message: 'interface name is . or ..' },
    { variable: 'CNI_IFNAME', value: '..', message: 'interface name is . or ..' },
    ...['a/b', 'a:b', 'a b', 'a\tb', 'a\u00a0b'].map((value) => ({
      variable: 'CNI_IFNAME',
      value,
      message: 'interface name contains / or : or whitespace characters',
    })),
  ])('refuses $variable $value', ({ variable, value, ...expected }) => {
    expect(() => read({ ...complete, [variable]: value })).toThrow(
      expect.objectContaining({ code: 4, ...expected }) as Error,
    )
  })

  it('accepts the longest name', () => {
    expect(read({ ...complete, CNI_IFNAME: 'x'.repeat(15) }).ifName).toHaveLength(15)
  })

  it('refuses a value that is no text', () => {
    const process = new MemoryProcess(complete)
    process.environment = (name) => {
      if (name === 'CNI_NETNS') throw sysError(84, 'getenv', name)
      return complete[name as keyof typeof complete]
    }
    expect(() => readEnvironment(process)).toThrow('CNI_NETNS is not UTF-8')
  })
})
