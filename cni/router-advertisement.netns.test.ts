import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from './testing/binary.ts'
import { add } from './testing/calls.ts'
import { TestNode, ip, routes } from './testing/world.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync('/run/advertise-')
  run('cc', '-Wall', '-Werror', '-o', `${folder}/advertise`, join(import.meta.dirname, 'testing/advertise.c'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const conf = '/proc/sys/net/ipv6/conf'
const sysctl = (name: string): string => readFileSync(`${conf}/${name}`, 'utf8').trim()

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
  const { name } = testNode.pod('router')
  writeFileSync(`${conf}/all/forwarding`, '0')
  ip(undefined, 'link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'leg', 'netns', name)
  // Link-local addresses that can be used at once.
  writeFileSync(`${conf}/uplink/accept_dad`, '0')
  run('ip', 'netns', 'exec', name, 'sh', '-c', `echo 0 > ${conf}/leg/accept_dad`)
  ip(name, 'link', 'set', 'leg', 'up')
  ip(undefined, 'link', 'set', 'uplink', 'up')
})
afterEach(() => testNode.remove())

const advertise = (lifetime: number): string =>
  run('ip', 'netns', 'exec', 'router', `${folder}/advertise`, 'leg', String(lifetime))

const learnt = (): readonly object[] =>
  routes(6).filter(({ dst, dev }) => dst === 'default' && dev === 'uplink')

async function hearRouter(): Promise<void> {
  await vi.waitFor(() => {
    advertise(1800)
    expect(learnt()).toHaveLength(1)
  }, 5000)
}

/** https://github.com/moby/moby/issues/43466, https://github.com/docker/for-linux/issues/844 */
describe('a machine whose default route is learnt from router advertisements', () => {
  it('loses it when somebody just turns forwarding on', async () => {
    await hearRouter()
    writeFileSync(`${conf}/all/forwarding`, '1')
    expect(learnt()).toEqual([])
  })

  it('keeps it when its first pod with IPv6 comes, and goes on listening', async () => {
    await hearRouter()
    add({ netns: testNode.pod('pod').path, config: testNode.config() })
    expect([sysctl('all/forwarding'), sysctl('uplink/accept_ra')]).toEqual(['1', '2'])
    expect(learnt()).toHaveLength(1)
    await vi.waitFor(() => {
      advertise(0)
      expect(learnt()).toEqual([])
    }, 5000)
    await hearRouter()
  })

  it.each(['0', '2'])('that has accept_ra %s on its uplink keeps that', (value) => {
    writeFileSync(`${conf}/uplink/accept_ra`, value)
    add({ netns: testNode.pod('pod').path, config: testNode.config() })
    expect(sysctl('uplink/accept_ra')).toBe(value)
  })

  it('is not touched by a pod without IPv6', () => {
    const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }
    add({ netns: testNode.pod('pod').path, config: testNode.config({}, v4) })
    expect([sysctl('all/forwarding'), sysctl('uplink/accept_ra')]).toEqual(['0', '1'])
  })
})
