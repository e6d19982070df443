import { expect, test, vi } from 'vitest'
import { Containerd } from './containerd.ts'
import { describeOnNode } from './describe-on-node.ts'
import { toolsImageName } from './image.ts'
import { outside } from './node-agent.ts'
import { Podman } from './podman.ts'
import { Traffic } from './traffic.ts'

/** No test tells `podway-cni serve` anything here: all that a runtime finds, `podway agent` had laid for its Node. */

const podCidrs = ['10.244.3.0/24', 'fd00:10:244:3::/64']

/** Waits for the real time that real programs take. */
const soon = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 50 })

describeOnNode(
  'containerd with the whole agent',
  (node, runtimes) => Containerd.start(node, runtimes, podCidrs),
  (containerd, node) => {
    test('a pod has addresses of the Node’s podCIDRs, and reaches another one and the outside', async () => {
      await using one = await containerd().runPod('one')
      await using two = await containerd().runPod('two')
      const addresses = await two.addresses()
      expect(addresses).toEqual([
        expect.stringMatching(/^10\.244\.3\.\d+$/),
        expect.stringMatching(/^fd00:10:244:3::[0-9a-f]+$/),
      ])
      for (const address of [...addresses, outside])
        expect(await one.exec('ping', '-c', '1', '-W', '5', address)).toMatchObject({ exitCode: 0 })
    })

    test('packets that are dropped for a while are counted as lost', async () => {
      await using pod = await containerd().runPod('cut')
      const [own = ''] = await pod.addresses()
      const [link = ''] = await node().hostInterfaces()
      const sent = async (): Promise<number> => {
        const said = await node().mustExec(['ip', '-j', '-s', 'link', 'show', link])
        const [found] = JSON.parse(said) as {
          readonly stats64: { readonly rx: { readonly packets: number } }
        }[]
        return found?.stats64.rx.packets ?? 0
      }
      const flow = await Traffic.start(node(), own, outside)
      await node().mustExec(['ip', 'route', 'add', 'blackhole', `${outside}/32`])
      try {
        const before = await sent()
        await soon(async () => expect(await sent()).toBeGreaterThan(before + 1))
      } finally {
        await node().mustExec(['ip', 'route', 'del', 'blackhole', `${outside}/32`])
      }
      await flow.flows()
      expect((await flow.lost()).length).toBeGreaterThan(0)
    })

    test('both halves are killed and started again while pods talk: no packet is lost', async () => {
      await using one = await containerd().runPod('one')
      await using two = await containerd().runPod('two')
      const [own = ''] = await one.addresses()
      const targets = [...(await two.addresses()), outside]
      const flows = await Promise.all(targets.map((target) => Traffic.start(node(), own, target)))
      const flow = (): Promise<unknown> => Promise.all(flows.map((one) => one.flows()))
      await flow()

      await node().agent.kill()
      await flow()
      await node().killServe()
      await flow()
      // Nobody is there; pods none the less come and go.
      const meanwhile = await containerd().runPod('meanwhile')
      expect(await meanwhile.addresses()).toHaveLength(2)
      await node().startServe()
      await node().agent.resume()
      await flow()
      // Each of them alone, as an upgrade of one container does.
      const reconnected = node().agent.reconnected()
      await node().killServe()
      await node().startServe()
      await reconnected
      await flow()
      await node().agent.kill()
      await node().agent.resume()
      await flow()

      expect(await Promise.all(flows.map((one) => one.lost()))).toEqual(targets.map(() => []))
      await meanwhile[Symbol.asyncDispose]()
    }, 120_000)

    test('what a runtime leaves behind is freed at the agent’s request, and told by Event and metric', async () => {
      await using pod = await containerd().runPod('alive')
      await node().mustExec(['ctr', 'run', '-d', '--cni', toolsImageName, 'detached', 'sleep', '1000'])
      const addresses = await pod.addresses()
      const freed = await reservationsBesides(addresses)
      expect(freed).toHaveLength(2)
      await node().mustExec(['ctr', 'task', 'kill', '-s', 'KILL', 'detached'])
      // No DEL comes with it.
      await soon(() => node().mustExec(['ctr', 'container', 'rm', 'detached']))
      expect(await reservationsBesides(addresses)).toEqual(freed)

      const { agent } = node()
      const left = (): Promise<readonly string[]> => reservationsBesides(addresses)
      await agentAsksUntil(async () => (await left()).length === 0)
      expect(await node().reservations()).toEqual([...addresses].sort())
      await soon(async () =>
        expect(await agent.metric('podway_agent_garbage_collected_total', 'kind="reservation"')).toBe(2),
      )
      await soon(() => {
        const told = agent.events().filter((event) => event.startsWith('GarbageCollected '))
        for (const address of freed) expect(told.join()).toContain(`reservation ${address} (`)
      })
      // Only when its addresses are free, the record of the runtime's library is one of nobody.
      await agentAsksUntil(async () => !(await results()).includes('detached'))
      for (const address of addresses)
        await node().mustExec(['busybox', 'ping', '-c', '1', '-W', '5', address])

      /** It asks at its start, and then every minute, which nobody waits for here; its other half remembers. */
      async function agentAsksUntil(condition: () => Promise<boolean>): Promise<void> {
        for (let look = 0; look < 5; look++) {
          await agent.kill()
          await agent.resume()
          await agent.askedFor('garbage.collect')
          if (await condition()) return
        }
        expect.fail(`it is still there: ${(await left()).join()} ${await results()}`)
      }
      function results(): Promise<string> {
        return node().mustExec(['ls', '/var/lib/cni/results'])
      }
      async function reservationsBesides(others: readonly string[]): Promise<readonly string[]> {
        return (await node().reservations()).filter((address) => !others.includes(address))
      }
    }, 120_000)
  },
  'the whole agent',
)

describeOnNode(
  'podman with the whole agent',
  (node, runtimes) => Podman.prepare(node, runtimes, podCidrs),
  (podman, node) => {
    test('containers have addresses of the Node’s podCIDRs, and reach each other and the outside', async () => {
      await using other = await podman().start('other')
      const addresses = await other.addresses()
      expect(addresses).toEqual([
        expect.stringMatching(/^10\.244\.3\.\d+$/),
        expect.stringMatching(/^fd00:10:244:3::[0-9a-f]+$/),
      ])
      expect(await node().reservations()).toEqual([...addresses].sort())
      for (const address of [...addresses, outside]) {
        const command = ['ping', '-c', '1', '-W', '5', address]
        await podman().must('run', '--rm', '--network', 'podway', toolsImageName, ...command)
      }
    })

    test('both halves are killed and started again: a container keeps its network, and the next one gets one', async () => {
      await using container = await podman().start('before')
      const [address = ''] = await container.addresses()
      const flow = await Traffic.start(node(), address, outside)
      await node().agent.kill()
      await node().killServe()
      await flow.flows()
      await node().startServe()
      await node().agent.resume()
      await flow.flows()
      expect(await flow.lost()).toEqual([])
      await using _next = await podman().start('next')
      expect(await node().reservations()).toHaveLength(4)
    })

    test('the plugin is deleted: the agent has it laid again, and the next container starts', async () => {
      await node().mustExec(['rm', '/opt/cni/bin/podway-cni'])
      await soon(() => node().mustExec(['test', '-x', '/opt/cni/bin/podway-cni']))
      await using container = await podman().start('after')
      expect(await container.addresses()).toHaveLength(2)
    })
  },
  'the whole agent',
)
