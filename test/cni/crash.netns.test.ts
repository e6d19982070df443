import { expect, it } from 'vitest'
import { type Ending, type Invocation, invokeAsync } from '../../cni/testing/binary.ts'
import { type TracedCall, traceAsync, whyNoTrace } from '../../cni/testing/trace.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { mustRun } from '../lab/run.ts'
import { findNft, whyNoNft } from '../nft/nft.ts'
import { errorsFor } from './crash-errors.ts'
import { type NetworkState, type Pod, PodHost, pods } from './pod-host.ts'

/** `PODWAY_CRASH=all`: every error on every call, instead of those that the manual names. Takes minutes. */
const exhaustive = process.env.PODWAY_CRASH === 'all'
const timeLimit = exhaustive ? 1_800_000 : 600_000

/** Who is there all the time, who crashes, and who comes while nobody has cleaned up. */
const [victim, bystander, newcomer] = pods

/** Four addresses for three pods: what leaks is missing soon, and what is free is given again soon. */
const configOn = (host: PodHost): Record<string, unknown> => ({
  cniVersion: '1.1.0',
  name: 'net',
  type: 'podway-cni',
  ipMasq: true,
  ipam: {
    type: 'host-local',
    dataDir: `${host.folder}/data`,
    ranges: [[{ subnet: '10.1.2.0/29', rangeEnd: '10.1.2.5' }], [{ subnet: 'fd00:1::/125' }]],
  },
})

const callOn = (host: PodHost, command: string, pod: Pod, fields: object = {}): Invocation => ({
  command,
  containerId: `pod-${pod}`,
  netns: host.podPath(pod),
  config: { ...configOn(host), ...(command === 'GC' ? onlyBystander : {}), ...fields },
  by: host.enter,
})

/** For GC: the runtime knows of nobody else. */
const onlyBystander = { 'cni.dev/valid-attachments': [{ containerID: `pod-${bystander}`, ifname: 'eth0' }] }

const call = (host: PodHost, command: string, pod: Pod, fields: object = {}): Promise<Ending> =>
  invokeAsync(callOn(host, command, pod, fields))

async function mustCall(host: PodHost, command: string, pod: Pod, fields: object = {}): Promise<unknown> {
  const ended = await call(host, command, pod, fields)
  expect(ended, `${command} of pod ${pod}: ${ended.stdout}`).toMatchObject({ code: 0, stderr: '' })
  return ended.json
}

/**
 * All that attachments leave: links, addresses and routes everywhere, rules, and the files that say whose an address is. Empty
 * ones are nobody's, and what was given last, or released, is no reservation.
 */
async function traces(host: PodHost): Promise<object> {
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

/** The addresses that are configured there, as the kernel has it. */
const addressesIn = ({ links }: NetworkState): string[] =>
  links
    .filter(({ ifname }) => ifname !== 'lo')
    .flatMap(({ addr_info }) => addr_info.map(({ local }) => local))
    .filter((address) => !address.startsWith('fe80:'))

async function addressesOf(host: PodHost, pod: Pod): Promise<readonly string[]> {
  const network = await host.network(pod)
  return network === undefined ? [] : addressesIn(network)
}

let hosts = 0
const nextName = (): string => `crash-${hosts++}`

/** Hosts with a bystander, on which the work is done for each of the items, some at a time. */
async function onHosts<T>(
  items: readonly T[],
  work: (host: PodHost, item: T, before: object) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    const host = await PodHost.make(nextName())
    try {
      await mustCall(host, 'ADD', bystander)
      const before = await traces(host)
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(host, item, before)
    } finally {
      await host.remove()
    }
  }
  // More than there are processors: a call whose child was killed waits ten seconds for the kernel's word.
  const ended = await Promise.allSettled(Array.from({ length: 4 }, worker))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}

/** The calls of an undisturbed verb. */
async function record(command: string): Promise<readonly TracedCall[]> {
  const host = await PodHost.make(nextName())
  try {
    // As it will be when it counts: with folder, lock and somebody else's address.
    await mustCall(host, 'ADD', bystander)
    if (command !== 'ADD') await mustCall(host, 'ADD', victim)
    const { ending, calls } = await traceAsync(callOn(host, command, victim))
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

/** What strace does to a call: `error=EIO`, `signal=KILL`. */
interface Injection {
  readonly call: TracedCall
  readonly what: string
}

interface Disturbed {
  readonly ending: Ending
  /** Whether it never came to the call: ADD looks for what a worker of the kernel does as often as that takes. */
  readonly spared: boolean
}

async function disturbed(host: PodHost, command: string, { call, what }: Injection): Promise<Disturbed> {
  const injection = `${call.name}:${what}:when=${call.nth}`
  const { ending, calls } = await traceAsync(callOn(host, command, victim), injection)
  const spared = ending.code === 0 && !calls.some(({ name, nth }) => name === call.name && nth === call.nth)
  return { ending, spared }
}

const killed = (calls: readonly TracedCall[]): readonly Injection[] =>
  calls.map((call) => ({ call, what: 'signal=KILL' }))

const failed = (calls: readonly TracedCall[]): readonly Injection[] =>
  calls.flatMap((call) => errorsFor(call, { exhaustive }).map((error) => ({ call, what: `error=${error}` })))

/** The file of a reservation can't be read, and that won't change. */
const mayOverlook = ({ call: { name }, what }: Injection): boolean =>
  ['openat', 'read'].includes(name) && !/EMFILE|ENFILE|ENOMEM/.test(what)

const describeInjection = ({ call, what }: Injection): string =>
  `${what} at ${call.name} ${call.nth}: ${call.line}`

/** Somebody who comes before anything is cleaned up gets addresses that nobody has, and gives them back. */
async function admitNewcomer(host: PodHost, where: string): Promise<void> {
  const taken = [...(await addressesOf(host, victim)), ...(await addressesOf(host, bystander))]
  await mustCall(host, 'ADD', newcomer)
  const given = await addressesOf(host, newcomer)
  expect(given, where).toHaveLength(2)
  expect(
    given.filter((address) => taken.includes(address)),
    `given twice, ${where}`,
  ).toEqual([])
  await mustCall(host, 'DEL', newcomer)
}

describeUnless(whyNoTrace() ?? whyNoNft(), 'a process that dies', () => {
  it.concurrent.each([
    { verb: 'ADD', remover: 'DEL' },
    { verb: 'ADD', remover: 'GC' },
    { verb: 'DEL', remover: 'DEL' },
    { verb: 'GC', remover: 'GC' },
  ])(
    '$verb can be killed at any call: $remover takes back the rest, and no address is given twice',
    async ({ verb, remover }) => {
      await onHosts(killed(await record(verb)), async (host, injection, before) => {
        const where = describeInjection(injection)
        if (verb !== 'ADD') await mustCall(host, 'ADD', victim)
        const { ending, spared } = await disturbed(host, verb, injection)
        // The one that is left alone when its child is killed does the work itself.
        if (verb === 'ADD' && !spared) expect(ending.code, where).not.toBe(0)
        await admitNewcomer(host, where)
        await mustCall(host, remover, victim)
        expect(await traces(host), where).toEqual(before)
      })
    },
    timeLimit,
  )
})

describeUnless(whyNoTrace() ?? whyNoNft(), 'calls that fail', () => {
  it.concurrent(
    'make ADD do nothing, or they don’t matter',
    async () => {
      await onHosts(failed(await record('ADD')), async (host, injection, before) => {
        const where = describeInjection(injection)
        const { ending } = await disturbed(host, 'ADD', injection)
        if (ending.code === 0) {
          await mustCall(host, 'CHECK', victim, { prevResult: ending.json })
          await admitNewcomer(host, where)
          await mustCall(host, 'DEL', victim)
        } else {
          expectError(ending, injection)
          // One that can't return to its own namespace must end at once; DEL cleans up then.
          if (injection.call.name === 'setns') await mustCall(host, 'DEL', victim)
        }
        expect(await traces(host), `${where}: ${ending.stdout}`).toEqual(before)
      })
    },
    timeLimit,
  )

  it.concurrent.each(['DEL', 'GC'])(
    'make %s say that it could not do all, or they don’t matter; the next one does the rest',
    async (verb) => {
      await onHosts(failed(await record(verb)), async (host, injection, before) => {
        const where = describeInjection(injection)
        await mustCall(host, 'ADD', victim)
        const { ending } = await disturbed(host, verb, injection)
        if (ending.code === 0) {
          // What can't be read for good must not keep a pod from being removed; GC finds it when it can be read again.
          if (mayOverlook(injection)) await mustCall(host, verb, victim)
        } else {
          expectError(ending, injection)
          await admitNewcomer(host, where)
          await mustCall(host, verb, victim)
        }
        expect(await traces(host), `${where}: ${ending.stdout}`).toEqual(before)
      })
    },
    timeLimit,
  )
})

/** An error as the specification has it, unless it could not be written. */
function expectError(ending: Ending, injection: Injection): void {
  expect(ending, describeInjection(injection)).toMatchObject({ code: 1, stderr: '' })
  if (injection.call.name === 'write' && ending.stdout === '') return
  expect(ending.json, `${describeInjection(injection)}: ${ending.stdout}`).toMatchObject({
    code: expect.any(Number) as number,
    msg: expect.any(String) as string,
  })
}
