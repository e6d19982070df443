import { join } from 'node:path'
import { type Ending, invokeAsync } from '../../cni/testing/binary.ts'
import { reaches } from '../../cni/testing/exchange.ts'
import { ipBatch } from '../lab/namespace.ts'
import { mustRun } from '../lab/run.ts'
import { type ChainScenario, type ChainedPlugin, type Place, type Probe, uplink } from './chain-scenario.ts'
import { type Difference, type Facts, compareFacts, isState, toFacts } from './facts.ts'
import { type NetworkState, type Pod, PodHost } from './pod-host.ts'
import { HOST } from './scenario.ts'

/** Folders with a program for each plugin, and what those need that they start. */
export interface ChainContestants {
  readonly ours: string
  readonly theirs: string
  readonly environment: Readonly<Record<string, string>>
}

/** What differs after a call of a plugin of the chain, or after the probes. */
export interface ChainRound {
  /** `ADD ptp of pod 0`, `probes`. */
  readonly step: string
  readonly verb: string
  readonly type: string
  readonly differences: readonly Difference[]
}

const [first, second, outside] = [0, 1, 2] as const
const attached: readonly (0 | 1)[] = [first, second]

/** Plays it on two fresh hosts, one with our plugins and one with the reference's; a round for each call that both got. */
export async function playChain(
  scenario: ChainScenario,
  { ours, theirs, environment }: ChainContestants,
): Promise<readonly ChainRound[]> {
  const hosts = await Promise.all([PodHost.make('ours'), PodHost.make('theirs')])
  try {
    for (const host of hosts) await connectOutside(host)
    const runners = [
      new ChainRunner(hosts[0], scenario, ours, environment),
      new ChainRunner(hosts[1], scenario, theirs, environment),
    ] as const
    const rounds: ChainRound[] = []
    const known = new Set<string>()
    const compare = async (
      round: Omit<ChainRound, 'differences'>,
      observe: (runner: ChainRunner) => Promise<Facts>,
    ): Promise<void> => {
      const [one, other] = await Promise.all(runners.map(observe))
      const all = compareFacts(one ?? new Map(), other ?? new Map())
      const differences = all.filter((difference) => !known.has(JSON.stringify(difference)))
      for (const difference of all.filter(isState)) known.add(JSON.stringify(difference))
      rounds.push({ ...round, differences })
    }
    const through = async (verb: string, pod: 0 | 1): Promise<void> => {
      const plugins = verb === 'DEL' ? scenario.plugins.toReversed() : scenario.plugins
      for (const plugin of plugins)
        await compare({ step: `${verb} ${plugin.type} of pod ${pod}`, verb, type: plugin.type }, (runner) =>
          runner.call(verb, plugin, pod),
        )
    }
    for (const pod of attached) await through('ADD', pod)
    if (scenario.probes.length > 0)
      await compare({ step: 'probes', verb: 'probes', type: '' }, (runner) => runner.probe())
    for (const pod of attached) await through('CHECK', pod)
    // Twice for the first: nobody knows whether the answer arrived.
    for (const pod of [first, first, second]) await through('DEL', pod)
    return rounds
  } finally {
    await Promise.all(hosts.map((host) => host.remove()))
  }
}

async function connectOutside(host: PodHost): Promise<void> {
  const other = host.podName(outside)
  await ipBatch(`${host.name}-host`, [
    `link add ${uplink.name} type veth peer name eth0 netns ${other}`,
    `addr add ${uplink.node}/24 dev ${uplink.name}`,
    `addr add ${uplink.other}/24 dev ${uplink.name}`,
    `link set ${uplink.name} up`,
    'link set lo up',
  ])
  await ipBatch(other, [
    `addr add ${uplink.outside}/24 dev eth0`,
    'link set eth0 up',
    'link set lo up',
    // As a network's router has it: where it is not masqueraded an answer finds back.
    `route add 10.1.2.0/24 via ${uplink.node}`,
  ])
}

class ChainRunner {
  readonly #host: PodHost
  readonly #scenario: ChainScenario
  readonly #plugins: string
  readonly #environment: Readonly<Record<string, string>>
  readonly #results = new Map<Pod, unknown>()

  constructor(
    host: PodHost,
    scenario: ChainScenario,
    plugins: string,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#host = host
    this.#scenario = scenario
    this.#plugins = plugins
    this.#environment = environment
  }

  async call(verb: string, plugin: ChainedPlugin, pod: 0 | 1): Promise<Facts> {
    const host = this.#host
    const ending = await invokeAsync({
      command: verb,
      containerId: `pod-${pod}`,
      netns: host.podPath(pod),
      environment: { CNI_PATH: this.#plugins, ...this.#environment },
      config: JSON.stringify(this.#config(verb, plugin, pod)).replaceAll(HOST, host.name),
      file: join(this.#plugins, plugin.type),
      by: host.enter,
    })
    if (verb === 'ADD') {
      // Where both fail there is nothing to compare.
      if (ending.code !== 0) throw new Error(`ADD by ${this.#plugins}/${plugin.type}: ${ending.stdout}`)
      this.#results.set(pod, ending.json)
    }
    return this.#observe(ending)
  }

  /** Who reaches whom, and as whom. */
  async probe(): Promise<Facts> {
    const facts = new Map<string, string>()
    for (const probe of this.#scenario.probes) {
      const { from, to, port } = probe
      facts.set(`${from} to ${to}:${port}`, (await this.#try(probe)) ?? 'no answer')
    }
    return facts
  }

  #try({ from, to, port, server, serverPort }: Probe): Promise<string | undefined> {
    const address = {
      netns: this.#namespace(server),
      address: to,
      port,
      listen: '0.0.0.0',
      listenPort: serverPort,
    }
    return reaches(this.#namespace(from), address)
  }

  #namespace(place: Place): string {
    switch (place) {
      case 'node':
        return `${this.#host.name}-host`
      case 'outside':
        return this.#host.podName(outside)
      case 'pod 0':
        return this.#host.podName(first)
      case 'pod 1':
        return this.#host.podName(second)
    }
  }

  #config(verb: string, { type, fields, capability }: ChainedPlugin, pod: 0 | 1): object {
    const wish = capability === undefined ? undefined : this.#scenario.runtimeConfig[pod][capability]
    const isFirst = this.#scenario.plugins[0]?.type === type
    const previous = verb === 'ADD' && isFirst ? undefined : this.#results.get(pod)
    return {
      cniVersion: '1.1.0',
      name: 'net',
      type,
      ...fields,
      ...(capability === undefined || wish === undefined ? {} : { runtimeConfig: { [capability]: wish } }),
      ...(previous === undefined ? {} : { prevResult: previous }),
    }
  }

  async #observe(ending: Ending): Promise<Facts> {
    const host = this.#host
    const networks: Record<string, NetworkState> = {}
    for (const pod of [undefined, first, second]) {
      const network = await host.network(pod)
      if (network !== undefined) networks[pod === undefined ? 'host' : `pod ${pod}`] = network
    }
    const forwarding = await host.forwarding()
    const facts = new Map(toFacts(host, { ending, files: host.files(), networks, forwarding }))
    const names = new Map((networks.host?.links ?? []).map(({ ifname }) => [ifname, nameless(ifname)]))
    for (const [fact, value] of await trafficControl(host)) {
      const [, dev = ''] = fact.split(' ')
      facts.set(`host ${fact.replace(dev, names.get(dev) ?? dev)}`, value)
    }
    return facts
  }
}

/** Ends of veths are drawn by chance. */
const nameless = (name: string): string => (name.startsWith('veth') ? '<veth>' : name)

interface Discipline {
  readonly kind: string
  readonly dev: string
  readonly options: Readonly<Record<string, unknown>>
}

/** What `tc` says of the host's queues and filters: `queue eth0 tbf` → its options. */
async function trafficControl(host: PodHost): Promise<readonly (readonly [string, string])[]> {
  const tc = async (...args: readonly string[]): Promise<readonly Discipline[]> => {
    const [file = '', ...enter] = host.enter
    return JSON.parse(await mustRun({ file, args: [...enter, 'tc', '-j', ...args] })) as readonly Discipline[]
  }
  const queues = (await tc('qdisc', 'show')).filter(({ kind }) => kind !== 'noqueue')
  return queues.map(({ dev, kind, options }) => [`queue ${dev} ${kind}`, JSON.stringify(options)] as const)
}
