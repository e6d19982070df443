import { expect, test } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { containsAddress, parseCidr } from '../../net/cidr.ts'
import { leftovers } from '../lab/leftovers.ts'
import { Containerd } from './containerd.ts'
import { describeOnNode } from './describe-on-node.ts'

const v4 = '10.244.3.0/24'
const v6 = 'fd00:10:244:3::/64'

const isIn = (cidr: string | undefined, address: string): boolean =>
  containsAddress(parseCidr(cidr ?? ''), parseAddress(address))

describeOnNode(
  'containerd with a podCIDR of IPv4',
  (node, runtimes) => Containerd.start(node, runtimes, [v4]),
  (containerd, node) => {
    test('is ready as soon as there is a configuration', async () => {
      expect(await containerd().cri.conditions()).toContainEqual({
        type: 'NetworkReady',
        status: true,
        reason: '',
        message: '',
      })
    })

    test('a pod has an address of the podCIDR, and the kubelet is told which', async () => {
      await using pod = await containerd().runPod('alone')
      const addresses = await pod.addresses()
      expect(addresses.map((address) => isIn(v4, address))).toEqual([true])
      expect(await node().reservations()).toEqual(addresses)
      expect((await pod.exec('ip', '-4', '-o', 'addr', 'show', 'eth0')).stdout).toContain(
        `${addresses[0]}/24`,
      )
    })
  },
)

describeOnNode(
  'containerd with podCIDRs of both families',
  (node, runtimes) => Containerd.start(node, runtimes, [v4, v6]),
  (containerd, node) => {
    test('a pod has an address of each podCIDR, in their order', async () => {
      await using pod = await containerd().runPod('dual')
      const addresses = await pod.addresses()
      expect(addresses.map((address, i) => isIn([v4, v6][i], address))).toEqual([true, true])
      expect(await node().reservations()).toEqual([...addresses].sort())
    })

    test('pods reach each other and the node, and the node reaches them', async () => {
      await using one = await containerd().runPod('one')
      await using two = await containerd().runPod('two')
      for (const address of await two.addresses()) {
        expect(await one.exec('ping', '-c', '1', '-W', '5', address)).toMatchObject({ exitCode: 0 })
        await node().mustExec(['busybox', 'ping', '-c', '1', '-W', '5', address])
      }
      for (const gateway of ['10.244.3.1', 'fd00:10:244:3::1'])
        expect(await one.exec('ping', '-c', '1', '-W', '5', gateway)).toMatchObject({ exitCode: 0 })
    })

    test('the loopback interface is up by our executable under that name', async () => {
      await using pod = await containerd().runPod('loopback')
      for (const address of ['127.0.0.1', '::1'])
        expect(await pod.exec('ping', '-c', '1', '-W', '5', address)).toMatchObject({ exitCode: 0 })
    })

    test('the network of a pod is gone when it has stopped, before it is removed', async () => {
      await using pod = await containerd().runPod('stopped')
      await pod.stop()
      expect(await pod.state()).toBe('SANDBOX_NOTREADY')
      expect(await node().reservations()).toEqual([])
      expect(await node().hostInterfaces()).toEqual([])
      await pod.stop()
    })

    test('what the check after each test looks for is there while a pod lives', async () => {
      const before = await node().snapshot()
      await using pod = await containerd().runPod('traces')
      const [address = ''] = await pod.addresses()
      const traces = leftovers([before], [await node().snapshot()]).join('\n')
      for (const trace of [
        /interface veth[0-9a-f]{8}/,
        /pod namespace cni-/,
        /process \S*containerd-shim/,
        /process .*tail -f/,
        /control group memory\/k8s\.io\/[0-9a-f]{64}/,
        /file \S*\/results\/podway-[0-9a-f]{64}-eth0/,
        new RegExp(`IPv4 route ${address} dev`),
        new RegExp(`file /var/lib/cni/networks/podway/${address}\\n`),
      ])
        expect(traces).toMatch(trace)
    })

    test('twenty pods that start at once have addresses of their own; all stop at once', async () => {
      const names = Array.from({ length: 20 }, (_, i) => `pod-${i}`)
      const pods = await Promise.all(names.map((name) => containerd().runPod(name)))
      const addresses = (await Promise.all(pods.map((pod) => pod.addresses()))).flat()
      expect(new Set(addresses).size).toBe(40)
      expect(await node().reservations()).toEqual([...addresses].sort())
      await Promise.all(pods.map((pod) => pod[Symbol.asyncDispose]()))
    }, 120_000)
  },
)
