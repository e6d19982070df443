import { expect, test, vi } from 'vitest'
import { CallRecord } from './call-record.ts'
import { Containerd } from './containerd.ts'
import { describeOnNode } from './describe-on-node.ts'
import { toolsImageName } from './image.ts'
import type { RuntimeNode } from './runtime-node.ts'

const podCidrs = ['10.244.3.0/24', 'fd00:10:244:3::/64']

const ctrRun = (node: RuntimeNode, name: string, ...command: readonly string[]) =>
  node.exec(['ctr', 'run', '--rm', '--cni', toolsImageName, name, ...command])

describeOnNode(
  'ctr run --cni',
  (node, runtimes) => Containerd.start(node, runtimes, podCidrs),
  (_containerd, node) => {
    test('a container has addresses of the podCIDRs, and reaches the node', async () => {
      const { code, stdout, stderr } = await ctrRun(node(), 'a', 'ip', '-o', 'addr', 'show', 'dev', 'eth0')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/ 10\.244\.3\.\d+\/24 /)
      expect(stdout).toMatch(/ fd00:10:244:3::[0-9a-f]+\/64 /)
      for (const gateway of ['10.244.3.1', 'fd00:10:244:3::1'])
        expect(await ctrRun(node(), 'b', 'ping', '-c', '1', '-W', '5', gateway)).toMatchObject({ code: 0 })
    })

    test('the end of a container frees its network, although DEL names no namespace', async () => {
      await using record = await CallRecord.start(node(), 'podway-cni')
      expect(await ctrRun(node(), 'recorded', 'echo', 'done')).toMatchObject({ code: 0, stdout: 'done\n' })
      const calls = await record.calls()
      expect(
        calls.map(({ verb, cniVersion, netns }) => [verb, cniVersion, netns.replace(/\d+/, 'PID')]),
      ).toEqual([
        ['ADD', '1.0.0', '/proc/PID/ns/net'],
        ['DEL', '1.0.0', ''],
      ])
    })

    test('a container whose process is killed, and five at once', async () => {
      const runs = [1, 2, 3, 4, 5].map((i) => ctrRun(node(), `killed-${i}`, 'sleep', '1000'))
      const sleepers = () =>
        node()
          .processes()
          .filter(({ command }) => command.endsWith('sleep 1000'))
      await vi.waitFor(() => expect(sleepers().length).toBeGreaterThanOrEqual(10), { timeout: 20_000 })
      for (const { pid, command } of sleepers()) if (!command.startsWith('ctr')) process.kill(pid, 'SIGKILL')
      expect((await Promise.all(runs)).map(({ code }) => code)).toEqual([137, 137, 137, 137, 137])
    })

    test('a detached container gets no DEL at all: the garbage collector frees its address', async () => {
      await node().mustExec(['ctr', 'run', '-d', '--cni', toolsImageName, 'detached', 'sleep', '1000'])
      await node().mustExec(['ctr', 'task', 'kill', '-s', 'KILL', 'detached'])
      await vi.waitFor(() => node().mustExec(['ctr', 'container', 'rm', 'detached']), { timeout: 20_000 })
      expect(await node().reservations()).toHaveLength(2)
      await node().collectGarbage()
      expect(await node().reservations()).toEqual([])
    })
  },
)
