import { afterAll, expect, test, vi } from 'vitest'
import { Machine } from '../lab/machine.ts'
import { mustRun } from '../lab/run.ts'
import { Containerd } from './containerd.ts'
import { describeOnNode } from './describe-on-node.ts'
import { Podman } from './podman.ts'
import type { RuntimeNode } from './runtime-node.ts'

const podCidrs = ['10.244.3.0/24', 'fd00:10:244:3::/64']
const web = ['sh', '-c', 'echo served > /tmp/index.html && exec httpd -f -h /tmp -p 80']

const chained = [
  { type: 'portmap', capabilities: { portMappings: true } },
  { type: 'bandwidth', capabilities: { bandwidth: true } },
]

/** Who maps ports and limits rates: others' plugins behind ours, or ours in the same process. */
const ways = [
  { title: "others' plugins behind ours", theirs: chained },
  { title: 'ports and limits by ours', theirs: [] },
]

/** Another machine beside the node, which asks it for what it serves. */
class Client {
  readonly #machine: Machine

  private constructor(machine: Machine) {
    this.#machine = machine
  }

  static async beside(node: RuntimeNode): Promise<Client> {
    const machine = await Machine.boot('client')
    const [here, there] = [machine.name, node.machine.name]
    const script = `
ip -n ${here} link add eth0 type veth peer name uplink netns ${there}
ip -n ${there} addr add 192.0.2.1/24 dev uplink
ip -n ${there} addr add 2001:db8::1/64 dev uplink nodad
ip -n ${there} link set uplink up
ip -n ${here} addr add 192.0.2.2/24 dev eth0
ip -n ${here} addr add 2001:db8::2/64 dev eth0 nodad
ip -n ${here} link set eth0 up
`
    await mustRun({ file: 'sh', args: ['-e', '-c', script] })
    return new Client(machine)
  }

  async fetch(url: string): Promise<string> {
    // Not by busybox: a static one that resolves names, even of digits, loads parts of another C library, and dies.
    const script = 'fetch(process.argv[1]).then(async (answer) => process.stdout.write(await answer.text()))'
    return mustRun(this.#machine.command([process.execPath, '-e', script, url]))
  }

  remove(): Promise<void> {
    return this.#machine.remove()
  }
}

/** What a chain's plugins make once and keep is made before the tests begin: tables and base chains. */
const publish = ['--publish', '8080:80']

for (const { title, theirs } of ways) {
  describeOnNode(
    title,
    async (node, runtimes) => {
      for (const { type } of theirs) await node.installPlugin(`${runtimes.plugins}/${type}`, type)
      const containerd = await Containerd.start(node, runtimes, podCidrs)
      const podman = await Podman.prepare(node, runtimes, podCidrs)
      await node.chain(theirs)
      await using _first = await podman.start('first', publish)
      return { containerd, podman, client: await Client.beside(node) }
    },
    (world, node) => {
      afterAll(() => world().client.remove())

      const urls = ['http://192.0.2.1:8080/', 'http://[2001:db8::1]:8080/'] as const

      test('podman: a published port is reached from another machine, and closed with the container', async () => {
        const container = await world().podman.start('web', publish, web)
        for (const url of urls)
          await vi.waitFor(async () => expect(await world().client.fetch(url)).toBe('served\n'), {
            timeout: 20_000,
          })
        await container[Symbol.asyncDispose]()
        for (const url of urls) await expect(world().client.fetch(url)).rejects.toThrow('ECONNREFUSED')
      })

      test('containerd: a hostPort is reached from another machine, and closed when the pod stops', async () => {
        await using pod = await world().containerd.runPod('web', {
          portMappings: [{ protocol: 'TCP', containerPort: 80, hostPort: 8080 }],
        })
        const script = 'echo served > /tmp/index.html && httpd -h /tmp -p 80'
        expect(await pod.exec('sh', '-c', script)).toMatchObject({ exitCode: 0 })
        for (const url of urls) expect(await world().client.fetch(url)).toBe('served\n')
        await pod.stop()
        for (const url of urls) await expect(world().client.fetch(url)).rejects.toThrow('ECONNREFUSED')
      })

      test("containerd: a pod's limits are on our interface", async () => {
        await using _pod = await world().containerd.runPod('limited', {
          annotations: { 'kubernetes.io/ingress-bandwidth': '8M', 'kubernetes.io/egress-bandwidth': '4M' },
        })
        const [veth] = await node().hostInterfaces()
        const disciplines = JSON.parse(
          await node().mustExec(['tc', '-j', 'qdisc', 'show']),
        ) as readonly Discipline[]
        const limits = disciplines.filter(({ kind }) => kind === 'tbf')
        expect(limits.map(({ dev, options }) => [dev, options.rate])).toEqual([
          [veth, 1_000_000],
          [expect.stringMatching(/^bwp/), 500_000],
        ])
      })
    },
  )
}

/** As `tc -j` has it. */
interface Discipline {
  readonly kind: string
  readonly dev: string
  /** Bytes a second. */
  readonly options: { readonly rate?: number }
}
