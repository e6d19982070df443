import { readFileSync, readdirSync } from 'node:fs'
import type { Machine } from './machine.ts'
import { CommandFailed } from './run.ts'

/** What a machine holds that a CNI plugin could leave behind: one line for each thing, in words for a person. */
export interface MachineSnapshot {
  readonly machine: string
  readonly things: readonly string[]
}

/** Sections end with a zero byte. nf_tables are read, without counters, where the `nft` program is. */
const script = `
set -e
ip -j addr; printf '\\0'
ip -4 route show table all; printf '\\0'
ip -6 route show table all; printf '\\0'
ip -4 rule; printf '\\0'
ip -6 rule; printf '\\0'
ls /run/netns; printf '\\0'
if [ -d /var/lib/cni ]; then find /var/lib/cni -type f; fi; printf '\\0'
if command -v nft >/dev/null; then nft --stateless list ruleset; fi
`

/** Reads a machine as it is now, in its root network namespace. */
export async function snapshotMachine(machine: Machine): Promise<MachineSnapshot> {
  const finished = await machine.exec(['sh', '-c', script])
  if (finished.code !== 0)
    throw new CommandFailed({ file: `snapshot of ${machine.name}`, args: [] }, finished)
  return { machine: machine.name, things: readThings(finished.stdout) }
}

interface Link {
  readonly ifname: string
  readonly addr_info: readonly { readonly local?: string; readonly prefixlen: number }[]
}

/** What {@link snapshotMachine}'s script prints → lines. */
export function readThings(output: string): readonly string[] {
  const [links = '[]', v4 = '', v6 = '', rules4 = '', rules6 = '', pods = '', files = '', nft = ''] =
    output.split('\0')
  const named = (what: string, text: string): readonly string[] =>
    linesOf(text).map((line) => `${what} ${line}`)
  return [
    ...(JSON.parse(links) as readonly Link[]).flatMap(({ ifname, addr_info }) => [
      `interface ${ifname}`,
      ...addr_info.map(({ local, prefixlen }) => `address ${local ?? '?'}/${prefixlen} on ${ifname}`),
    ]),
    ...named('IPv4 route', v4).filter(isSomebodys),
    ...named('IPv6 route', v6).filter(isSomebodys),
    ...named('IPv4 rule', rules4),
    ...named('IPv6 rule', rules6),
    ...named('pod namespace', pods),
    ...named('file', files).filter((line) => !isBookkeeping(line)),
    ...named('nf_tables', nft),
  ]
}

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '')

/** The kernel's own entries of the local table follow from the addresses, and from forwarding being on (anycast). */
const isSomebodys = (line: string): boolean =>
  !(line.includes(' table local ') && line.includes(' proto kernel'))

/**
 * host-local keeps its lock and the last address it gave, pods or none; podway the boot and what was released. Whatever
 * else is there reserves an address.
 */
const isBookkeeping = (line: string): boolean =>
  /\/(lock|last_reserved_ip\.\d+|podway\.(boot|released))$/.test(line)

/**
 * What is on the machines after that was not before, and what is gone that was: empty if the pods left no trace. A
 * machine that is no more is nothing to judge; one without a snapshot from before is said so.
 */
export function leftovers(
  before: readonly MachineSnapshot[],
  after: readonly MachineSnapshot[],
): readonly string[] {
  return after.flatMap(({ machine, things }) => {
    const earlier = before.find((snapshot) => snapshot.machine === machine)
    if (earlier === undefined) return [`${machine}: no snapshot from before`]
    return [
      ...missingFrom(earlier.things, things).map((thing) => `${machine}: left behind: ${thing}`),
      ...missingFrom(things, earlier.things).map((thing) => `${machine}: gone: ${thing}`),
    ]
  })
}

const missingFrom = (some: readonly string[], from: readonly string[]): readonly string[] => {
  const known = new Set(some)
  return from.filter((thing) => !known.has(thing))
}

export interface RunningProcess {
  readonly pid: number
  /** The command line, blanks between the arguments. */
  readonly command: string
}

/**
 * Every process in this world but its first one, this one, and those named. A process that ended and that its parent has
 * not collected counts too: its command is `(ended)`.
 */
export function otherProcesses(known: Iterable<number> = []): readonly RunningProcess[] {
  const expected = new Set([1, process.pid, ...known])
  return processIds()
    .filter((pid) => !expected.has(pid))
    .flatMap((pid) => {
      const command = readProcessFile(pid, 'cmdline')
      return command === undefined
        ? []
        : [{ pid, command: command.replaceAll('\0', ' ').trim() || '(ended)' }]
    })
}

/** From outside: the processes of a world, found by the id that each has in its environment; none after its end. */
export function processesOfWorld(id: string): readonly RunningProcess[] {
  return processIds().flatMap((pid) => {
    const environment = readProcessFile(pid, 'environ')
    if (environment?.split('\0').includes(`PODWAY_WORLD=${id}`) !== true) return []
    return [{ pid, command: (readProcessFile(pid, 'cmdline') ?? '').replaceAll('\0', ' ').trim() }]
  })
}

const processIds = (): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid))

/** Undefined for a process that has just gone, or that is another user's. */
function readProcessFile(pid: number, file: 'cmdline' | 'environ'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
