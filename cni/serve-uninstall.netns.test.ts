import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { add } from './testing/calls.ts'
import { type TestClient, TestServer } from './testing/server.ts'
import { TestNode, ip, link } from './testing/world.ts'

let testNode: TestNode
let server: TestServer
let client: TestClient
beforeEach(async () => {
  testNode = new TestNode()
  server = new TestServer()
  await server.start()
  client = await server.connect()
})
afterEach(async () => {
  await server.remove()
  testNode.remove()
})

/** https://github.com/flannel-io/flannel/issues/2063, https://github.com/deckhouse/deckhouse/pull/9234 */
describe('cni.uninstall', () => {
  it('leaves nothing of ours, and everything of others and of pods', async () => {
    await client.ask('cni.install', {})
    await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'] })
    await client.ask('addresses.hold', { addresses: ['10.1.2.1'] })
    const pod = testNode.pod('lives')
    add({
      netns: pod.path,
      containerId: 'lives',
      config: testNode.config({}, { ranges: [[{ subnet: '10.1.2.0/24' }]] }),
    })
    writeFileSync(`${server.binDir}/portmap`, 'theirs')
    writeFileSync(`${server.binDir}/.ptp.podway-tmp`, 'half')
    writeFileSync(`${server.confDir}/10-theirs.conflist`, '{}')

    const { changed } = await client.ask('cni.uninstall', {})
    expect(changed).toEqual(
      expect.arrayContaining([
        `removed ${server.confDir}/05-podway.conflist`,
        `removed ${server.binDir}/podway-cni`,
        'remove address 10.1.2.1',
      ]),
    )
    expect(readdirSync(server.binDir)).toEqual(['portmap'])
    expect(readdirSync(server.confDir)).toEqual(['10-theirs.conflist'])
    expect(link('lo').addr_info.map(({ local }) => local)).not.toContain('10.1.2.1')
    expect(testNode.reservations()).toEqual(['10.1.2.2'])
    expect(ip('lives', '-br', 'addr', 'show', 'eth0')).toContain('10.1.2.2')
    expect(await client.ask('cni.uninstall', {})).toEqual({ changed: [] })
  })

  it('does what it can, and says what it could not', async () => {
    await client.ask('cni.install', {})
    // In the place of the configuration something that no unlink removes.
    mkdirSync(`${server.confDir}/05-podway.conflist`, { recursive: true })
    expect(await client.refused('cni.uninstall', {})).toMatchObject({
      code: 'system',
      message: expect.stringContaining('05-podway.conflist') as string,
    })
    expect(readdirSync(server.binDir)).toEqual([])
  })

  /** https://github.com/cilium/cilium/pull/7772: another network would take over while this one is only restarted. */
  it('does not happen at the end of the server', async () => {
    await client.ask('cni.install', {})
    await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'] })
    await server.stop()
    expect(existsSync(`${server.confDir}/05-podway.conflist`)).toBe(true)
    expect(existsSync(`${server.binDir}/podway-cni`)).toBe(true)
  })
})
