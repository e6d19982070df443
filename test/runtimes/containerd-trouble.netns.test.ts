import { expect, test, vi } from 'vitest'
import { CallRecord } from './call-record.ts'
import { endProcess } from './cgroups.ts'
import { Containerd } from './containerd.ts'
import { describeOnNode } from './describe-on-node.ts'
import type { RuntimeNode } from './runtime-node.ts'

const podCidrs = ['10.244.3.0/24', 'fd00:10:244:3::/64']

const ping = (node: RuntimeNode, address = ''): Promise<string> =>
  node.mustExec(['busybox', 'ping', '-c', '1', '-W', '5', address])

/** Runtimes notice what has changed some time later. */
const soon = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 10 })

/** SIGKILL to the processes whose command lines have one of these in them; for each there is one. */
async function killProcesses(node: RuntimeNode, ...texts: readonly string[]): Promise<void> {
  // A container's process is runc's until it has become the container's.
  const pids = await soon(() =>
    texts.map((text) => {
      const found = node.processes().find(({ command }) => command.includes(text))
      return found?.pid ?? expect.fail(`no process has ${text} in its command line`)
    }),
  )
  for (const pid of pids) endProcess(pid)
}

describeOnNode(
  'containerd in trouble',
  (node, runtimes) => Containerd.start(node, runtimes, podCidrs),
  (containerd, node) => {
    test('the pause process is killed: the pod is not ready, and stopping it frees its network', async () => {
      await using pod = await containerd().runPod('killed')
      await killProcesses(node(), 'tail -f /dev/null')
      await soon(async () => expect(await pod.state()).toBe('SANDBOX_NOTREADY'))
    })

    test('shim and pause process are killed: stopping the pod frees its network', async () => {
      await using pod = await containerd().runPod('killed')
      await killProcesses(node(), pod.id, 'tail -f /dev/null')
      await soon(async () => expect(await pod.state()).toBe('SANDBOX_NOTREADY'))
    })

    test('killed and started again, containerd knows its pods, which went on meanwhile', async () => {
      await using pod = await containerd().runPod('survivor')
      const addresses = await pod.addresses()
      await containerd().kill()
      for (const address of addresses) await ping(node(), address)
      await containerd().resume()
      expect([await pod.state(), await pod.addresses()]).toEqual(['SANDBOX_READY', addresses])
      for (const address of addresses) await ping(node(), address)
      // The next pod gets addresses of its own.
      await using next = await containerd().runPod('next')
      expect(await next.addresses()).not.toEqual(addresses)
    })

    test('the network namespace was deleted by hand: stopping the pod frees its network', async () => {
      await using pod = await containerd().runPod('bereft')
      const namespace = (await node().mustExec(['ls', '/run/netns'])).trim()
      await node().mustExec(['ip', 'netns', 'delete', namespace])
      await pod.stop()
      expect(await node().reservations()).toEqual([])
    })

    test.each(['podway-cni', 'loopback'])(
      '%s is gone for a while: pods fail, then work again',
      async (plugin) => {
        const pod = await containerd().runPod('before')
        await node().mustExec(['rm', `/opt/cni/bin/${plugin}`])
        try {
          await expect(containerd().runPod('meanwhile')).rejects.toThrow(`failed to find plugin "${plugin}"`)
          await expect(pod.stop()).rejects.toThrow(`failed to find plugin "${plugin}"`)
        } finally {
          await node().install()
        }
        await pod.stop()
        // What it could not take back it kept, and the kubelet takes away every sandbox that it does not want.
        await containerd().removeAll()
        expect(await node().reservations()).toEqual([])
      },
    )

    test('a podCIDR that is full: the error says so, and nothing of the failed pod is left', async () => {
      await node().configure(['10.244.9.0/30'])
      try {
        await soon(async () => {
          await using pod = await containerd().runPod('only')
          expect(await pod.addresses()).toEqual(['10.244.9.2'])
          await expect(containerd().runPod('too-many')).rejects.toThrow(
            'no IP addresses available in range set: 10.244.9.1-10.244.9.2',
          )
        })
      } finally {
        await node().configure(podCidrs)
      }
    })

    test("the node's podCIDR changes: new pods are in it, pods of the old one can be removed", async () => {
      await using old = await containerd().runPod('old')
      await node().configure(['10.244.7.0/24'])
      try {
        await soon(async () => {
          await using pod = await containerd().runPod('new')
          expect((await pod.addresses()).map((address) => address.slice(0, 9))).toEqual(['10.244.7.'])
        })
        for (const address of await old.addresses()) await ping(node(), address)
        await old.stop()
        expect(await node().reservations()).toEqual([])
      } finally {
        await node().configure(podCidrs)
      }
    })

    test('containerd is killed while pods start: the kubelet and the garbage collector take away what is left', async () => {
      const pod = await containerd().runPod('live')
      const starting = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => containerd().runPod(name))
      const settled = Promise.allSettled(starting)
      await soon(async () => expect((await node().hostInterfaces()).length).toBeGreaterThan(1))
      await containerd().kill()
      await settled
      await containerd().resume()
      await containerd().removeAll([pod])
      await node().collectGarbage()
      expect(await node().reservations()).toEqual([...(await pod.addresses())].sort())
      expect(await node().hostInterfaces()).toHaveLength(1)
      await pod[Symbol.asyncDispose]()
      // Of pods that were half made it has no record: their processes and namespaces are nobody's.
      await node().endStrays()
      await node().mustExec(['sh', '-c', 'for name in $(ls /run/netns); do ip netns delete $name; done'])
    }, 60_000)
  },
)

describeOnNode(
  'what containerd asks of us',
  (node, runtimes) => Containerd.start(node, runtimes, podCidrs),
  (containerd, node) => {
    test('ADD, DEL when a pod stops, DEL without a namespace when it is removed; in version 1.0.0, of loopback 0.3.1', async () => {
      await using record = await CallRecord.start(node(), 'podway-cni', 'loopback')
      await containerd().cri.conditions()
      const pod = await containerd().runPod('recorded')
      const netns = `/var/run/netns/${(await node().mustExec(['ls', '/run/netns'])).trim()}`
      await pod[Symbol.asyncDispose]()
      const calls = await record.calls()
      const seen = calls.map((call) => [call.plugin, call.verb, call.cniVersion, call.netns].join(' '))
      expect(seen.sort()).toEqual([
        `loopback ADD 0.3.1 ${netns}`,
        `loopback DEL 0.3.1 `,
        `loopback DEL 0.3.1 ${netns}`,
        `podway-cni ADD 1.0.0 ${netns}`,
        `podway-cni DEL 1.0.0 `,
        `podway-cni DEL 1.0.0 ${netns}`,
      ])
    })

    test('without a configuration the node is not ready, and says why; with one it is again', async () => {
      const networkReady = async () =>
        (await containerd().cri.conditions()).find(({ type }) => type === 'NetworkReady')
      await node().mustExec(['rm', '/etc/cni/net.d/05-podway.conflist'])
      await soon(async () =>
        expect(await networkReady()).toMatchObject({
          status: false,
          message: 'Network plugin returns error: cni plugin not initialized',
        }),
      )
      await expect(containerd().runPod('early')).rejects.toThrow('cni plugin not initialized')
      await node().configure(podCidrs)
      await soon(async () => expect(await networkReady()).toMatchObject({ status: true }))
      await containerd().removeAll()
    })

    test('a list of version 1.1.0 is more than it can read', async () => {
      await node().layByHand({ ...(await node().configuration()), cniVersion: '1.1.0' })
      try {
        await soon(async () => {
          await containerd().removeAll()
          await expect(containerd().runPod('newer')).rejects.toThrow('1.1.0')
        })
      } finally {
        await node().configure(podCidrs)
      }
      await containerd().removeAll()
    })
  },
)
