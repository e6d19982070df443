import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { specVersions, said } from './testing/any-version.ts'
import { type Ending, invoke } from './testing/binary.ts'
import { message } from './testing/calls.ts'
import { TestNode, ip, link } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** The scenarios of upstream's loopback_test.go, by their names there, and what its source does besides. */
describe.each(specVersions)('loopback of $version', ({ version, lists, check }) => {
  const call = (command: string, netns: string, fields: object = {}): Ending =>
    invoke({
      command,
      netns,
      file: testNode.plugin('loopback'),
      config: { name: 'loopback-test', type: 'loopback', cniVersion: version, ...fields },
    })

  const isUp = (pod: string): boolean => link('lo', pod).flags.includes('UP')

  it('sets the lo device to UP', () => {
    const pod = testNode.pod('lo-up')
    expect(isUp(pod.name)).toBe(false)
    const added = call('ADD', pod.path)
    expect(added).toMatchObject({ code: 0, stderr: '', json: { cniVersion: version } })
    expect(isUp(pod.name)).toBe(true)
    expect(said(added.json).ips).toEqual(['127.0.0.1/8', '::1/128'])
    if (lists)
      expect(added.json).toMatchObject({
        interfaces: [{ name: 'lo', mac: '00:00:00:00:00:00', sandbox: pod.path }],
      })
  })

  it('sets the lo device to DOWN', () => {
    const pod = testNode.pod('lo-down')
    call('ADD', pod.path)
    expect(call('DEL', pod.path)).toMatchObject({ code: 0, stdout: '' })
    expect(isUp(pod.name)).toBe(false)
  })

  it.each(['', '/run/netns/gone'])('DEL in the namespace "%s" has nothing to do', (netns) => {
    expect(call('DEL', netns)).toMatchObject({ code: 0, stdout: '' })
  })

  if (check)
    it('CHECK says whether it is up', () => {
      const pod = testNode.pod('lo-check')
      const prevResult = call('ADD', pod.path).json
      expect(call('CHECK', pod.path, { prevResult })).toMatchObject({ code: 0, stdout: '' })
      ip(pod.name, 'link', 'set', 'lo', 'down')
      expect(message(call('CHECK', pod.path, { prevResult }))).toBe('loopback interface is down')
    })

  it('passes a previous result on', () => {
    const pod = testNode.pod('lo-chained')
    const prevResult = lists
      ? { cniVersion: version, interfaces: [{ name: 'eth0' }], ips: [], dns: { domain: 'x.example' } }
      : { cniVersion: version, ip4: { ip: '10.0.0.2/24' } }
    expect(call('ADD', pod.path, { prevResult }).json).toEqual(prevResult)
    expect(isUp(pod.name)).toBe(true)
  })

  it('is no place for other addresses', () => {
    const pod = testNode.pod('lo-strange')
    ip(pod.name, 'addr', 'add', '10.0.0.1/32', 'dev', 'lo')
    const ended = call('ADD', pod.path)
    expect(ended.code).toBe(1)
    expect(message(ended)).toBe('loopback interface found with non-loopback address "10.0.0.1"')
  })
})
