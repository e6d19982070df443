import { expect } from 'vitest'
import { type Ending, type Invocation, invokeAsync } from '../../cni/testing/binary.ts'
import { type TracedCall, traceAsync } from '../../cni/testing/trace.ts'
import { mustRun } from '../lab/run.ts'
import { findNft } from '../nft/nft.ts'
import { errorsFor } from './crash-errors.ts'
import { type NetworkState, type Pod, PodHost, pods } from './pod-host.ts'

/** `PODWAY_CRASH=all`: every error on every call, instead of those that the manual names. Takes minutes. */
export const exhaustive = process.env.PODWAY_CRASH === 'all'
export const timeLimit = exhaustive ? 1_800_000 : 600_000

/** Who is there all the time, who crashes, and who comes while nobody has cleaned up. */
export const [victim, bystander, newcomer] = pods

/** The configuration of a pod's calls. */
export type ConfigOn = (host: PodHost, pod: Pod) => Readonly<Record<string, unknown>>

/** For GC: the runtime knows of nobody else. */
const onlyBystander = { 'cni.dev/valid-attachments': [{ containerID: `pod-${bystander}`, ifname: 'eth0' }] }

/** What strace does to a call: `error=EIO`, `signal=KILL`. */
export interface Injection {
  readonly call: TracedCall
  readonly what: string
}

interface Disturbed {
  readonly ending: Ending
  /** Whether it never came to the call: ADD looks for what a worker of the kernel does as often as that takes. */
  readonly spared: boolean
}

let hosts = 0
const nextName = (): string => `crash-${hosts++}`

/** Hosts, and calls on them that can be disturbed, with one configuration. */
export class CrashRig {
  readonly #configOn: ConfigOn

  constructor(configOn: ConfigOn) {
    this.#configOn = configOn
  }

  #callOn(host: PodHost, command: string, pod: Pod, fields: object = {}): Invocation {
    return {
      command,
      containerId: `pod-${pod}`,
      netns: host.podPath(pod),
      config: { ...this.#configOn(host, pod), ...(command === 'GC' ? onlyBystander : {}), ...fields },
      by: host.enter,
    }
  }

  /** A call that has to succeed: what it printed. */
  async mustCall(host: PodHost, command: string, pod: Pod, fields: object = {}): Promise<unknown> {
    const ended = await invokeAsync(this.#callOn(host, command, pod, fields))
    expect(ended, `${command} of pod ${pod}: ${ended.stdout}`).toMatchObject({ code: 0, stderr: '' })
    return ended.json
  }

  /** Hosts with a bystander, on which the work is done for each of the items, some at a time. */
  async onHosts<T>(
    items: readonly T[],
    work: (host: PodHost, item: T, before: object) => Promise<void>,
  ): Promise<void> {
    const queue = [...items]
    const worker = async (): Promise<void> => {
      const host = await PodHost.make(nextName())
      try {
        await this.mustCall(host, 'ADD', bystander)
        const before = await traces(host)
        for (let item = queue.shift(); item !== undefined; item = queue.shift())
          await work(host, item, before)
      } finally {
        await host.remove()
      }
    }
    // More than there are processors: a call whose child was killed waits ten seconds for the kernel's word.
    const ended = await Promise.allSettled(Array.from({ length: 4 }, worker))
    for (const one of ended) if (one.status === 'rejected') throw one.reason
  }

  /** The calls of an undisturbed verb. */
  async record(command: string): Promise<readonly TracedCall[]> {
    const host = await PodHost.make(nextName())
    try {
      // As it will be when it counts: with folder, lock and somebody else's address.
      await this.mustCall(host, 'ADD', bystander)
      if (command !== 'ADD') await this.mustCall(host, 'ADD', victim)
      const { ending, calls } = await traceAsync(this.#callOn(host, command, victim))
      expect(ending.code).toBe(0)
      expect(calls.length).toBeGreaterThan(50)
      const points = new Map(calls.map((call) => [`${call.name} ${call.nth}`, call]))
      return [...points.values()].filter(
        ({ name, nth }) =>
          // strace starts the program by the first, and there is nothing left to disturb at the last.
          name !== 'execve' &&
          name !== 'exit_group' &&
          // Memory is populated page by page, by the same call every time.
          (name !== 'madvise' || nth <= 2 || exhaustive),
      )
    } finally {
      await host.remove()
    }
  }

  async disturbed(host: PodHost, command: string, { call, what }: Injection): Promise<Disturbed> {
    const injection = `${call.name}:${what}:when=${call.nth}`
    const { ending, calls } = await traceAsync(this.#callOn(host, command, victim), injection)
    const spared = ending.code === 0 && !calls.some(({ name, nth }) => name === call.name && nth === call.nth)
    return { ending, spared }
  }

  /** Somebody who comes before anything is cleaned up gets addresses that nobody has, and gives them back. */
  async admitNewcomer(host: PodHost, where: string): Promise<void> {
    const taken = [...(await addressesOf(host, victim)), ...(await addressesOf(host, bystander))]
    await this.mustCall(host, 'ADD', newcomer)
    const given = await addressesOf(host, newcomer)
    expect(given, where).toHaveLength(2)
    expect(
      given.filter((address) => taken.includes(address)),
      `given twice, ${where}`,
    ).toEqual([])
    await this.mustCall(host, 'DEL', newcomer)
  }
}

/**
 * All that attachments leave: links, addresses and routes everywhere, rules, and the files that say whose an address is. Empty
 * ones are nobody's, and what was given last, or released, is no reservation.
 */
export async function traces(host: PodHost): Promise<object> {
  const networks = await Promise.all([undefined, ...pods].map((pod) => host.network(pod)))
  const files = [...host.files()].filter(
    ([path, text]) =>
      !path.endsWith('/') && !/\/(lock|last_reserved_ip\.\d|podway\.\w+)$/.test(path) && text !== '600 ',
  )
  return {
    networks: networks.map((network) => ({
      links: network?.links.map(({ ifname, flags }) => `${ifname} ${flags.includes('UP') ? 'up' : 'down'}`),
      addresses: network === undefined ? [] : addressesIn(network).sort(),
      routes: network?.routes
        .filter(({ dst }) => !/^(fe80|ff00|multicast)/.test(dst))
        .map((route) => JSON.stringify(route))
        .sort(),
    })),
    rules: await rulesOf(host),
    queues: await queuesOf(host),
    files: files.sort(),
  }
}

/** Which addresses are masqueraded for whom, and how; without counters. */
async function rulesOf(host: PodHost): Promise<readonly string[]> {
  const [file = '', ...args] = host.enter
  const listed = await mustRun({ file, args: [...args, findNft() ?? 'nft', '-s', 'list', 'ruleset'] })
  return listed
    .split(/[{},\n]/)
    .map((line) => line.trim())
    .sort()
}

/** What limits rates. The kernel numbers what nobody has given a number. */
async function queuesOf(host: PodHost): Promise<readonly string[]> {
  const [file = '', ...args] = host.enter
  return (await mustRun({ file, args: [...args, 'tc', 'qdisc', 'show'] }))
    .split('\n')
    .filter((line) => /tbf|ingress|clsact/.test(line))
    .sort()
}

async function addressesOf(host: PodHost, pod: Pod): Promise<readonly string[]> {
  const network = await host.network(pod)
  return network === undefined ? [] : addressesIn(network)
}

/** The addresses that are configured there, as the kernel has it. */
const addressesIn = ({ links }: NetworkState): string[] =>
  links
    .filter(({ ifname }) => ifname !== 'lo')
    .flatMap(({ addr_info }) => addr_info.map(({ local }) => local))
    .filter((address) => !address.startsWith('fe80:'))

/** Whether it may change what others see: messages to the kernel, files, new processes. */
export const isChange = ({ name, line }: TracedCall): boolean =>
  ['sendto', 'write', 'unlinkat', 'rename', 'renameat', 'mkdirat', 'clone'].includes(name) ||
  (name === 'openat' && line.includes('O_CREAT'))

export const killed = (calls: readonly TracedCall[]): readonly Injection[] =>
  calls.map((call) => ({ call, what: 'signal=KILL' }))

export const failed = (calls: readonly TracedCall[]): readonly Injection[] =>
  calls.flatMap((call) => errorsFor(call, { exhaustive }).map((error) => ({ call, what: `error=${error}` })))

/** The file of a reservation can't be read, and that won't change. */
export const mayOverlook = ({ call: { name }, what }: Injection): boolean =>
  ['openat', 'read'].includes(name) && !/EMFILE|ENFILE|ENOMEM/.test(what)

export const describeInjection = ({ call, what }: Injection): string =>
  `${what} at ${call.name} ${call.nth}: ${call.line}`

/** An error as the specification has it, unless it could not be written. */
export function expectError(ending: Ending, injection: Injection): void {
  expect(ending, describeInjection(injection)).toMatchObject({ code: 1, stderr: '' })
  if (injection.call.name === 'write' && ending.stdout === '') return
  expect(ending.json, `${describeInjection(injection)}: ${ending.stdout}`).toMatchObject({
    code: expect.any(Number) as number,
    msg: expect.any(String) as string,
  })
}
