import { expect, test, vi } from 'vitest'
import { CallRecord } from './call-record.ts'
import { describeOnNode } from './describe-on-node.ts'
import { toolsImageName } from './image.ts'
import { Podman } from './podman.ts'
import type { RuntimeNode } from './runtime-node.ts'

const podCidrs = ['10.244.3.0/24', 'fd00:10:244:3::/64']

const ping = (node: RuntimeNode, address: string): Promise<string> =>
  node.mustExec(['busybox', 'ping', '-c', '1', '-W', '5', address])

const soon = <T>(assertion: () => T | Promise<T>): Promise<T> => vi.waitFor(assertion, { timeout: 20_000 })

async function killProcess(podman: Podman, name: string, which: 'Pid' | 'ConmonPid'): Promise<void> {
  process.kill(Number(await podman.must('inspect', '--format', `{{.State.${which}}}`, name)), 'SIGKILL')
}

describeOnNode(
  'podman',
  (node, runtimes) => Podman.prepare(node, runtimes, podCidrs),
  (podman, node) => {
    test('a container has addresses of the podCIDRs, as podman tells them', async () => {
      await using container = await podman().start('told')
      const addresses = await container.addresses()
      expect(addresses).toEqual([
        expect.stringMatching(/^10\.244\.3\.\d+$/),
        expect.stringMatching(/^fd00:10:244:3::[0-9a-f]+$/),
      ])
      expect(await node().reservations()).toEqual([...addresses].sort())
    })

    test('containers reach each other and the node; what ran to its end leaves nothing', async () => {
      await using other = await podman().start('other')
      for (const address of [...(await other.addresses()), '10.244.3.1', 'fd00:10:244:3::1']) {
        const command = ['ping', '-c', '1', '-W', '5', address]
        await podman().must('run', '--rm', '--network', 'podway', toolsImageName, ...command)
      }
    })

    test('addresses and a hardware address that were asked for', async () => {
      const asked = [
        '--ip',
        '10.244.3.77',
        '--ip6',
        'fd00:10:244:3::77',
        '--mac-address',
        '02:00:00:00:00:77',
      ]
      await using container = await podman().start('asked', asked)
      expect(await container.addresses()).toEqual(['10.244.3.77', 'fd00:10:244:3::77'])
      expect(await podman().must('exec', 'asked', 'ip', 'link', 'show', 'eth0')).toContain(
        '02:00:00:00:00:77',
      )
    })

    test('stop frees the network, start makes it again', async () => {
      await using container = await podman().start('stopped')
      await podman().must('stop', '--time', '0', 'stopped')
      expect([await node().reservations(), await node().hostInterfaces()]).toEqual([[], []])
      await podman().must('start', 'stopped')
      expect(await node().reservations()).toEqual([...(await container.addresses())].sort())
    })

    test('network reload: the container has a network again, and only one', async () => {
      await using container = await podman().start('reloaded')
      await podman().must('network', 'reload', 'reloaded')
      const addresses = await container.addresses()
      expect(await node().reservations()).toEqual([...addresses].sort())
      expect(await node().hostInterfaces()).toHaveLength(1)
      for (const address of addresses) await ping(node(), address)
    })

    test('a container is killed: its monitor has its network freed', async () => {
      await using _container = await podman().start('killed')
      await killProcess(podman(), 'killed', 'Pid')
      await soon(async () =>
        expect([await node().reservations(), await node().hostInterfaces()]).toEqual([[], []]),
      )
    })

    test('its monitor is killed: the container goes on, and removing it frees its network', async () => {
      const container = await podman().start('unwatched')
      await killProcess(podman(), 'unwatched', 'ConmonPid')
      for (const address of await container.addresses()) await ping(node(), address)
      await container[Symbol.asyncDispose]()
      // podman leaves the container's own, which its monitor takes away.
      await node().endStrays()
    })

    test('five containers that start at once have addresses of their own', async () => {
      const containers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => podman().start(name)))
      const addresses = (await Promise.all(containers.map((one) => one.addresses()))).flat()
      expect(new Set(addresses).size).toBe(10)
      await Promise.all(containers.map((one) => one[Symbol.asyncDispose]()))
    }, 60_000)

    test('the plugin is gone for a while: no container starts, and one that is removed then is left to the garbage collector', async () => {
      const container = await podman().start('before')
      await podman().start('removed')
      await node().mustExec(['rm', '/opt/cni/bin/podway-cni'])
      try {
        await expect(podman().start('meanwhile')).rejects.toThrow('network not found')
        // Its exit code says that all is well.
        await podman().must('rm', '--force', '--time', '0', 'removed')
      } finally {
        await node().install()
      }
      await node().collectGarbage()
      expect(await node().reservations()).toEqual([...(await container.addresses())].sort())
      await container[Symbol.asyncDispose]()
    })

    test('each command begins with VERSION; a reload is DEL and ADD; all in version 1.0.0', async () => {
      await using record = await CallRecord.start(node(), 'podway-cni')
      const container = await podman().start('recorded')
      await podman().must('network', 'reload', 'recorded')
      await container[Symbol.asyncDispose]()
      const calls = await record.calls()
      const seen = calls.map((call) =>
        [call.verb, call.cniVersion, call.netns.replace(/netns-.*/, 'ID')].join(' '),
      )
      const [ask, add, del] = ['VERSION 1.0.0 dummy', 'ADD 1.0.0 /run/netns/ID', 'DEL 1.0.0 /run/netns/ID']
      expect(seen).toEqual([ask, add, ask, del, add, ask, del])
    })
  },
)
